#include "contest.hpp"
#include "crypto/aead.hpp"
#include "micro.hpp"
#include "primitives.hpp"
#include "report.hpp"
#include "scenarios.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace coseal::bench {
namespace {

struct named_work {
  record_work work;
  const char* name;
  security_level level;
};

constexpr named_work all_work[] = {{record_work::seal, "seal", security_level::encrypted},
                                   {record_work::seal_copy, "seal-copy", security_level::encrypted},
                                   {record_work::open, "open", security_level::encrypted},
                                   {record_work::mac, "mac", security_level::authenticated}};

/// Short runs do: nothing here waits for anything.
std::chrono::nanoseconds micro_length(const options& o) {
  return o.run_length() / 5;
}

void record_at(const options& o, const named_work& what, const std::string& aead, std::size_t size,
               report& out) {
  micro_load load;
  load.work = what.work;
  load.aead = aead;
  load.size = size;
  load.length = micro_length(o);
  const auto all = run_contest(
      std::string(what.name) + " by " + aead + ", " + short_size(size),
      {{"record layer", [&] { return record_layer(load); }}, {"backend", [&] { return bare_aead(load); }}},
      o.runs);
  figure f;
  f.scenario = what.name;
  f.level = what.level;
  f.size = size;
  f.aead = aead;
  f.take(all[0]);
  f.compare_to_floor(all[0], all[1]);
  out.add(std::move(f));
}

void handshakes(const options& o, report& out) {
  const auto length = o.run_length();
  const auto all =
      run_contest("handshake",
                  {{"handshake layer", [&] { return handshake_in_memory(length); }},
                   {"session", [&] { return session_in_memory(length, o.aead); }},
                   {"primitives", [&] { return handshake_primitives(length, time_kind::processor); }}},
                  o.runs);
  for (const std::size_t i : {0U, 1U}) {
    figure f;
    f.scenario = i == 0 ? "handshake" : "session-setup";
    f.level = security_level::encrypted;
    if (i == 1) f.carrier = carrier_kind::memory;
    f.aead = o.aead;
    f.take(all[i]);
    f.compare_to_floor(all[i], all[2]);
    out.add(std::move(f));
  }
}

}  // namespace

void run_micro(const options& o, report& out) {
  std::vector<std::string> backends;
  for (const auto* usable : usable_aead_backends()) backends.emplace_back(usable->name());
  if (o.aead_forced) backends = {o.aead};
  for (const auto& aead : backends)
    for (const auto& what : all_work)
      for (const auto size : o.sizes) record_at(o, what, aead, size, out);
  handshakes(o, out);
}

}  // namespace coseal::bench
