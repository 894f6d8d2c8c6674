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

figure measure_hibernated(const options& o, carrier_kind carrier, security_level level) {
  child_program server({"idle-server", "--hibernated", "--carrier", std::string(to_string(carrier)),
                        "--level", std::string(to_string(level)), "--connections",
                        std::to_string(o.connections), "--aead", o.aead});
  const auto line = server.read_line();
  double resident = 0, heap = 0, kernel = 0, p50 = 0, p99 = 0;
  if (!line || std::sscanf(line->c_str(), "%lf %lf %lf %lf %lf", &resident, &heap, &kernel, &p50, &p99) != 5)
    throw std::runtime_error("the server process of `idle --hibernated` failed");
  figure f;
  f.scenario = "idle hibernated";
  f.level = level;
  f.carrier = carrier;
  if (level != security_level::none) f.aead = o.aead;
  f.bytes_per_connection = resident;
  f.heap_bytes_per_connection = heap;
  if (carrier != carrier_kind::memory) f.kernel_bytes_per_connection = kernel;
  f.p50_us = p50;
  f.p99_us = p99;
  f.runs = 1;
  return f;
}

}  // namespace

void run_idle(const options& o, report& out) {
  if (o.hibernated) {
    for (const auto carrier : o.carriers)
      for (const auto level : o.levels) out.add(measure_hibernated(o, carrier, level));
    return;
  }
  for (const auto carrier : o.carriers) {
    if (carrier == carrier_kind::memory)
      throw std::runtime_error("memory is measured with --hibernated only");
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
