#include "observe_options.hpp"

#include "failure.hpp"

#include <coseal/error.hpp>
#include <coseal/log.hpp>
#if defined(COSEAL_HAVE_HTTP)
#include <coseal/http_listener.hpp>
#include <coseal/metrics_handler.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#endif

namespace coseal::tool {
namespace {

log_level level_named(const std::string& name) {
  for (const log_level each : {log_level::debug, log_level::info, log_level::warning, log_level::error})
    if (to_string(each) == name) return each;
  return log_level::info;
}

#if defined(COSEAL_HAVE_HTTP)
listen_address place_of(const std::string& text) {
  return text.starts_with("unix:") ? listen_unix(text.substr(5)) : listen_tcp(text);
}

/// A page that a browser shows may reach loopback under a name of its own (DNS rebinding): there names count.
std::vector<std::string> hosts_of(const std::string& text) {
  const std::string host = text.substr(0, text.rfind(':'));
  if (text.starts_with("unix:") || (host != "127.0.0.1" && host != "localhost" && host != "[::1]")) return {};
  const std::string port = text.substr(text.rfind(':'));
  return {"127.0.0.1" + port, "localhost" + port, "[::1]" + port};
}

task<void> serve_scrapes(std::shared_ptr<http_listener> open) {
  co_await open->serve();
}
#endif

}  // namespace

void observe_options::add_to(CLI::App& command) {
  command
      .add_option("--log", form_, "Tell on standard error what goes on, for people or one JSON object a line")
      ->check(CLI::IsMember({"human", "json"}))
      ->type_name("FORM");
  command.add_option("--log-level", level_, "The least that --log tells: debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str()
      ->type_name("LEVEL");
}

void observe_options::add_metrics_to([[maybe_unused]] CLI::App& command) {
#if defined(COSEAL_HAVE_HTTP)
  command
      .add_option("--metrics", metrics_,
                  "Serve numbers for Prometheus at http://HOST:PORT/metrics, or on unix:PATH; whoever "
                  "reaches it reads them")
      ->type_name("HOST:PORT");
#endif
}

void observe_options::apply_log(endpoint& self) const {
  if (form_.empty()) return;
  self.observe(log(form_ == "json" ? json_log() : human_log(), level_named(level_)));
}

/// Port 0 would be of no use: nobody is told which one it became.
std::shared_ptr<void> observe_options::serve_metrics([[maybe_unused]] const asio::any_io_executor& executor,
                                                     [[maybe_unused]] endpoint& self) const {
  if (metrics_.empty()) return nullptr;
#if defined(COSEAL_HAVE_HTTP)
  const metrics numbers;
  self.observe(numbers);
  try {
    const auto open = std::make_shared<http_listener>(executor, metrics_handler(numbers), place_of(metrics_),
                                                      hosts_of(metrics_));
    asio::co_spawn(executor, serve_scrapes(open), asio::detached);
    return std::shared_ptr<void>(nullptr, [open](void*) { open->drain(); });
  } catch (const std::system_error& failed) {
    throw failure(failed.code(), "can not serve --metrics " + metrics_ + ": " + failed.what());
  }
#else
  return nullptr;
#endif
}

}  // namespace coseal::tool
