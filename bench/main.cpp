#include "crypto/aead.hpp"
#include "options.hpp"
#include "plot.hpp"
#include "report.hpp"
#include "scenarios.hpp"
#include "sockets.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>

namespace coseal::bench {
namespace {

/// The backend that was asked for, or the default one, by name; the report says which.
std::string backend_name(const std::string& asked) {
  const auto found = asked.empty() ? default_aead_backend() : find_aead_backend(asked);
  if (!found) throw std::runtime_error(explain_aead_backends());
  return std::string((*found)->name());
}

int run(options o) {
  o.aead_forced = !o.aead.empty();
  o.aead = backend_name(o.aead);
  if (o.congestion.empty()) o.congestion = preferred_congestion();
  if (o.congestion == "system") o.congestion.clear();
  if (o.scenario == "idle-server") return run_idle_server(o);
  if (o.scenario == "idle-clients") return run_idle_clients(o);

  report out(o);
  if (o.scenario == "stream") run_stream(o, out);
  if (o.scenario == "request") run_request(o, out);
  if (o.scenario == "ping") run_ping(o, out);
  if (o.scenario == "call") run_call(o, out);
  if (o.scenario == "connect") run_connect(o, out);
  if (o.scenario == "resume") run_resume(o, out);
#if defined(COSEAL_HAVE_HTTP)
  if (o.scenario == "http") run_http(o, out);
#endif
  if (o.scenario == "idle") run_idle(o, out);
  if (o.scenario == "micro") run_micro(o, out);
  if (!o.plot_file.empty()) write_plot(o, out.figures());
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace coseal::bench

int main(int argc, char** argv) {
  try {
    int exit_code = EXIT_SUCCESS;
    const auto parsed = coseal::bench::parse_options(argc, argv, exit_code);
    return parsed ? coseal::bench::run(*parsed) : exit_code;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "coseal-bench: %s\n", failure.what());
    return EXIT_FAILURE;
  }
}
