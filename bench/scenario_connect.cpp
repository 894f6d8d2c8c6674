#include "connect.hpp"
#include "contest.hpp"
#include "primitives.hpp"
#include "report.hpp"
#include "scenarios.hpp"
#include "statistics.hpp"
#include "two_cores.hpp"

#include <algorithm>

namespace coseal::bench {
namespace {

/// The share of what is possible when each connection costs what a plain one costs and the primitives of one
/// handshake, spread over the cores: rate / (1 / (1/plain + floor/cores)), round by round.
double share_of_possible(const series& subject, const series& plain, const series& primitives, double cores) {
  std::vector<double> shares;
  for (std::size_t i = 0; i < subject.rates.size(); ++i)
    shares.push_back(subject.rates[i] * (1 / plain.rates[i] + 1 / (primitives.rates[i] * cores)));
  return median(shares);
}

void connect_at(const options& o, carrier_kind carrier, security_level level, report& out) {
  connect_load load;
  load.carrier = carrier;
  load.congestion = o.congestion;
  load.at_once = o.connections;
  load.warm_up = o.warm_up();
  load.length = o.run_length();
  load.pin = o.pin;
  load.level = level;
  load.aead = o.aead;

  const auto title = "connect " + std::string(to_string(level)) + " over " + std::string(to_string(carrier));
  const auto all =
      run_contest(title,
                  {{"plain Asio", [&] { return connect_baseline(load); }},
                   {"coseal", [&] { return connect_session_run(load); }},
                   {"primitives", [&] { return handshake_primitives(load.length / 4, time_kind::wall); }}},
                  o.runs);
  const auto &plain = all[0], &subject = all[1], &primitives = all[2];
  figure f;
  f.scenario = "connect";
  f.level = level;
  f.carrier = carrier;
  f.take(subject);
  f.compare_to_baseline(subject, plain);
  if (level != security_level::none) {
    const double cores = std::min(2U, usable_cores());
    f.aead = o.aead;
    f.ratio = share_of_possible(subject, plain, primitives, cores);
    f.floor_rate = median(primitives.rates) * cores;
    f.floor_ratio = median_ratio(subject, primitives) / cores;
  }
  out.add(std::move(f));
}

/// Both ways to begin of one run, round by round.
void resume_at(const options& o, carrier_kind carrier, security_level level, report& out) {
  connect_load full;
  full.carrier = carrier;
  full.congestion = o.congestion;
  full.at_once = o.connections;
  full.warm_up = o.warm_up();
  full.length = o.run_length();
  full.pin = o.pin;
  full.level = level;
  full.aead = o.aead;
  connect_load resumed = full;
  resumed.with = beginning::resumed;
  const auto title = "resume " + std::string(to_string(level)) + " over " + std::string(to_string(carrier));
  const auto all = run_contest(title,
                               {{"full handshake", [&] { return connect_session_run(full); }},
                                {"resume", [&] { return connect_session_run(resumed); }}},
                               o.runs);
  figure f;
  f.scenario = "resume";
  f.level = level;
  f.carrier = carrier;
  f.aead = o.aead;
  f.take(all[1]);
  f.compare_to_baseline(all[1], all[0]);
  out.add(std::move(f));
}

}  // namespace

void run_resume(const options& o, report& out) {
  for (const auto carrier : o.carriers)
    for (const auto level : o.levels)
      if (level != security_level::none) resume_at(o, carrier, level, out);
}

void run_connect(const options& o, report& out) {
  for (const auto carrier : o.carriers)
    for (const auto level : o.levels) connect_at(o, carrier, level, out);
}

}  // namespace coseal::bench
