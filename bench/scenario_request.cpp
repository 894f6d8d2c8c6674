#include "call.hpp"
#include "contest.hpp"
#include "report.hpp"
#include "request.hpp"
#include "scenarios.hpp"

namespace coseal::bench {
namespace {

request_load load_of(const options& o, carrier_kind carrier, security_level level, std::size_t size) {
  request_load load;
  load.carrier = carrier;
  load.congestion = o.congestion;
  load.message_size = size;
  load.outstanding = o.outstanding;
  load.warm_up = o.warm_up();
  load.length = o.run_length();
  load.pin = o.pin;
  load.level = level;
  load.aead = o.aead;
  return load;
}

void request_at(const options& o, const char* scenario, const request_load& load, report& out) {
  const bool has_socket = load.carrier != carrier_kind::memory;
  std::vector<contestant> contestants;
  if (has_socket) contestants.push_back({"plain Asio", [&] { return request_baseline(load); }});
  const bool calls = std::string_view(scenario) == "call";
  contestants.push_back({"coseal", [&] { return calls ? call_channel(load) : request_session(load); }});
  const auto title = std::string(scenario) + " " + std::string(to_string(load.level)) + " over " +
                     std::string(to_string(load.carrier));
  const auto all = run_contest(title, contestants, o.runs);
  figure f;
  f.scenario = scenario;
  f.level = load.level;
  f.carrier = load.carrier;
  f.size = load.message_size;
  if (load.level != security_level::none) f.aead = load.aead;
  f.form = load.outstanding == 1 ? api_form::single : api_form::batch;
  f.take(all.back());
  if (has_socket) f.compare_to_baseline(all.back(), all.front());
  out.add(std::move(f));
}

}  // namespace

void run_request(const options& o, report& out) {
  for (const auto carrier : o.carriers)
    for (const auto level : o.levels)
      for (const auto size : o.sizes) request_at(o, "request", load_of(o, carrier, level, size), out);
}

void run_call(const options& o, report& out) {
  for (const auto carrier : o.carriers) {
    if (carrier == carrier_kind::memory) continue;  // a channel reaches its server by an address
    for (const auto level : o.levels)
      for (const auto size : o.sizes) request_at(o, "call", load_of(o, carrier, level, size), out);
  }
}

void run_ping(const options& o, report& out) {
  for (const bool one_thread : {false, true})
    for (const auto carrier : o.carriers)
      for (const auto level : o.levels)
        for (const auto size : o.sizes) {
          auto load = load_of(o, carrier, level, size);
          load.outstanding = 1;
          load.one_thread = one_thread;
          request_at(o, one_thread ? "ping-one-thread" : "ping", load, out);
        }
}

}  // namespace coseal::bench
