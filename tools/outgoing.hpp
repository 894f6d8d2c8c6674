#pragma once

#include "peer_options.hpp"
#include "reporter.hpp"

#include <coseal/session.hpp>

#include <CLI/CLI.hpp>

#include <stop_token>
#include <string>

namespace coseal::tool {

/// What connect and ping ask for.
struct outgoing_options {
  own_options own{"connector"};
  std::string peer;
  security_level level = security_level::encrypted;
  trust_options trust;
  tls_options tls;
  double timeout = 30;
  std::string keep;

  void add_to(CLI::App& command, std::size_t most = most_addresses);
  static constexpr std::size_t most_addresses = 16;
};

/// Reaches the peer, shakes hands, says whom it met; at level none it also waits to be accepted. Throws
/// failure with what a person can do about it.
task<session> open_session(const outgoing_options& options, const reporter& report, std::stop_token stop);

}  // namespace coseal::tool
