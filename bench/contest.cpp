#include "contest.hpp"

#include "statistics.hpp"

#include <cstdio>
#include <stdexcept>
#include <unistd.h>

namespace coseal::bench {
namespace {

void show_progress(const std::string& title, const std::string& name, int round, int runs) {
  if (isatty(STDERR_FILENO) == 0) return;
  std::fprintf(stderr, "\r\033[K%s, round %d of %d: %s", title.c_str(), round, runs, name.c_str());
  std::fflush(stderr);
}

void clear_progress() {
  if (isatty(STDERR_FILENO) != 0) std::fputs("\r\033[K", stderr);
}

}  // namespace

std::vector<series> run_contest(const std::string& title, const std::vector<contestant>& contestants,
                                int runs) {
  std::vector<series> all(contestants.size());
  for (int round = 0; round <= runs; ++round) {
    for (std::size_t i = 0; i < contestants.size(); ++i) {
      show_progress(title, contestants[i].name, round, runs);
      run_result one;
      try {
        one = contestants[i].run();
      } catch (const std::exception& failure) {
        clear_progress();
        throw std::runtime_error(title + ": " + contestants[i].name + ": " + failure.what());
      }
      if (round == 0) continue;  // the round that warms up
      all[i].rates.push_back(one.rate);
      if (one.p50_us) all[i].p50_us.push_back(*one.p50_us);
      if (one.p99_us) all[i].p99_us.push_back(*one.p99_us);
    }
  }
  clear_progress();
  return all;
}

double median_ratio(const series& a, const series& b) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < a.rates.size() && i < b.rates.size(); ++i)
    if (b.rates[i] > 0) ratios.push_back(a.rates[i] / b.rates[i]);
  return median(ratios);
}

}  // namespace coseal::bench
