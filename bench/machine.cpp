#include "machine.hpp"

#include "sockets.hpp"
#include "two_cores.hpp"

#include <coseal/version.hpp>

#include <asio/version.hpp>

#include <fstream>
#include <sstream>
#include <sys/utsname.h>

namespace coseal::bench {
namespace {

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name") || line.starts_with("Model"))
      if (const auto colon = line.find(": "); colon != std::string::npos) return line.substr(colon + 2);
  return "unknown CPU";
}

std::string kernel() {
  utsname name{};
  if (uname(&name) != 0) return "unknown kernel";
  return std::string(name.sysname) + " " + name.release + " " + name.machine;
}

const char* compiler() {
#if defined(__clang__)
  return __VERSION__;
#else
  return "g++ " __VERSION__;
#endif
}

}  // namespace

std::string describe_machine(const options& o) {
  std::ostringstream out;
  out << "CPU        " << cpu_model() << ", " << usable_cores() << " usable cores"
      << (o.pin ? ", one for each end" : ", threads not pinned") << "\n"
      << "kernel     " << kernel() << ", TCP_NODELAY, congestion control "
      << (o.congestion.empty() ? system_congestion() : o.congestion) << "\n"
      << "compiler   " << compiler() << ", " << COSEAL_BENCH_FLAGS << "\n"
      << "coseal     " << version_major << '.' << version_minor << '.' << version_patch << ", AES-256-GCM by "
      << o.aead << ", Asio " << ASIO_VERSION / 100000 << '.' << ASIO_VERSION / 100 % 1000 << '.'
      << ASIO_VERSION % 100 << "\n";
#if !defined(__OPTIMIZE__)
  out << "           NOT an optimised build: these figures mean nothing (meson setup --buildtype=release)\n";
#endif
  return out.str();
}

}  // namespace coseal::bench
