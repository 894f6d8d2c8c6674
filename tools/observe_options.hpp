#pragma once

#include <coseal/asio.hpp>
#include <coseal/endpoint.hpp>

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace coseal::tool {

/// --log and --log-level of every command that talks to a peer, --metrics of those that serve.
class observe_options {
 public:
  void add_to(CLI::App& command);
  void add_metrics_to(CLI::App& command);
  /// Silent unless --log was given.
  void apply_log(endpoint& self) const;
  /// Counts what `self` does and serves it while the result lives; null without --metrics. Throws failure.
  std::shared_ptr<void> serve_metrics(const asio::any_io_executor& executor, endpoint& self) const;

 private:
  std::string form_;
  std::string level_ = "info";
  std::string metrics_;
};

}  // namespace coseal::tool
