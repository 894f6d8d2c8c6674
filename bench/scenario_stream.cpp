#include "contest.hpp"
#include "report.hpp"
#include "scenarios.hpp"
#include "stream.hpp"

#include <string>
#include <vector>

namespace coseal::bench {
namespace {

stream_load load_of(const options& o, carrier_kind carrier, std::size_t size, security_level level) {
  stream_load load;
  load.carrier = carrier;
  load.congestion = o.congestion;
  load.message_size = size;
  load.warm_up = o.warm_up();
  load.length = o.run_length();
  load.pin = o.pin;
  load.level = level;
  load.aead = o.aead;
  return load;
}

void stream_at(const options& o, const stream_load& load, report& out) {
  // Within one process there is no socket that plain Asio and the floor could use.
  const bool has_socket = load.carrier != carrier_kind::memory;
  std::vector<contestant> contestants;
  if (has_socket) contestants.push_back({"plain Asio", [&] { return stream_baseline(load); }});
  for (const auto form : o.forms)
    contestants.push_back(
        {"coseal " + std::string(to_string(form)), [&load, form] { return stream_session(load, form); }});
  if (has_socket) contestants.push_back({"floor", [&] { return stream_floor(load); }});

  const auto title = "stream " + std::string(to_string(load.level)) + " over " +
                     std::string(to_string(load.carrier)) + ", " + short_size(load.message_size);
  const auto all = run_contest(title, contestants, o.runs);
  for (std::size_t i = 0; i < o.forms.size(); ++i) {
    const series& subject = all[i + (has_socket ? 1 : 0)];
    figure f;
    f.scenario = "stream";
    f.level = load.level;
    f.carrier = load.carrier;
    f.size = load.message_size;
    if (load.level != security_level::none) f.aead = load.aead;
    f.form = o.forms[i];
    f.take(subject);
    if (has_socket) {
      f.compare_to_baseline(subject, all.front());
      f.compare_to_floor(subject, all.back());
    }
    out.add(std::move(f));
  }
}

}  // namespace

void run_stream(const options& o, report& out) {
  for (const auto carrier : o.carriers)
    for (const auto level : o.levels)
      for (const auto size : o.sizes) stream_at(o, load_of(o, carrier, size, level), out);
}

}  // namespace coseal::bench
