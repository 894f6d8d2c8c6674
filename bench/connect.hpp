#pragma once
// New connections: `at_once` of them being made at any time, both ends in this process, connectors on one
// core and the acceptor on another.

#include "contest.hpp"
#include "options.hpp"

#include <coseal/security_level.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace coseal::bench {

/// How the sessions of a run begin.
enum class beginning {
  full_handshake,
  resumed,  ///< each connector goes on with the one session that it began with
};

/// One connect run.
struct connect_load {
  carrier_kind carrier = carrier_kind::tcp;
  std::string congestion;
  std::size_t at_once = 32;
  std::chrono::nanoseconds warm_up{0};
  std::chrono::nanoseconds length{0};
  bool pin = true;
  security_level level = security_level::encrypted;
  std::string aead;
  beginning with = beginning::full_handshake;
};

/// Plain Asio: connect, accept, close at both ends.
run_result connect_baseline(const connect_load& load);
/// A session that both ends hold, then the connection's end.
run_result connect_session_run(const connect_load& load);

}  // namespace coseal::bench
