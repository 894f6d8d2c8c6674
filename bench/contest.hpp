#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace coseal::bench {

/// What one run of one contestant gave.
struct run_result {
  double rate = 0;  ///< a second
  std::optional<double> p50_us;
  std::optional<double> p99_us;
};

/// One thing that is measured: the baseline, a form of the subject, or the floor.
struct contestant {
  std::string name;
  std::function<run_result()> run;
};

/// All runs of one contestant, in the order of the rounds.
struct series {
  std::vector<double> rates;
  std::vector<double> p50_us;
  std::vector<double> p99_us;
};

/// Runs all contestants once to warm up, then `runs` rounds of all of them back to back, so that what the
/// machine does meanwhile hits them alike. Progress goes to standard error when that is a terminal.
std::vector<series> run_contest(const std::string& title, const std::vector<contestant>& contestants,
                                int runs);

/// The median of the ratios a / b taken round by round.
double median_ratio(const series& a, const series& b);

}  // namespace coseal::bench
