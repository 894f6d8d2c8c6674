#include "idle.hpp"
#include "report.hpp"
#include "scenarios.hpp"

#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

namespace coseal::bench {
namespace {

memory_in_use measure(const options& o, carrier_kind carrier, security_level level, bool plain) {
  std::vector<std::string> arguments = {"idle-server",
                                        "--carrier",
                                        std::string(to_string(carrier)),
                                        "--level",
                                        std::string(to_string(level)),
                                        "--connections",
                                        std::to_string(o.connections),
                                        "--aead",
                                        o.aead};
  if (plain) arguments.emplace_back("--plain");
  child_program server(arguments);
  const auto line = server.read_line();
  memory_in_use each;
  if (!line || std::sscanf(line->c_str(), "%lf %lf", &each.resident, &each.heap) != 2)
    throw std::runtime_error("the server process of `idle` failed");
  return each;
}

}  // namespace

void run_idle(const options& o, report& out) {
  for (const auto carrier : o.carriers) {
    const auto plain = measure(o, carrier, security_level::none, true);
    for (const auto level : o.levels) {
      const auto each = measure(o, carrier, level, false);
      figure f;
      f.scenario = "idle";
      f.level = level;
      f.carrier = carrier;
      if (level != security_level::none) f.aead = o.aead;
      f.bytes_per_connection = each.resident;
      f.heap_bytes_per_connection = each.heap;
      f.baseline_bytes_per_connection = plain.resident;
      f.runs = 1;
      out.add(std::move(f));
    }
  }
}

}  // namespace coseal::bench
