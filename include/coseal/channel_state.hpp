#pragma once

#include <coseal/clock.hpp>
#include <coseal/security_level.hpp>
#include <coseal/session_start.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace coseal {

enum class connection_state {
  connecting,
  connected,
  waiting,  ///< the network failed or the connection was lost; the next attempt comes after `retry_in`
  refused,  ///< the peer, or our own trust, said no: calls fail at once; one after `retry_in` tries again
  closed,
};

/// "connecting", "connected", ...
std::string_view to_string(connection_state state) noexcept;

/// What a client tells about its connection.
struct channel_state {
  channel_state() {}

  connection_state state = connection_state::connecting;
  std::string transport;  ///< of the connection that is or was
  security_level level = security_level::none;
  session_start start = session_start::fresh;  ///< connected
  std::error_code why;      ///< waiting, refused; connected: of the transport before, where `fallback`
  std::string explanation;  ///< for people
  clock::duration retry_in{0};
  bool fallback = false;  ///< connected by another transport than the first of the list
  /// Connected, where the session goes on: pushes that were made meanwhile and will not come. None: the
  /// server does not know, and what was open has ended as unknown.
  std::optional<std::uint64_t> missed_pushes{};
  /// Calls alone, by HTTP: no streams, no pushes. That it is reachable shows with the first call; from then
  /// on client::peer() knows the peer's key.
  bool exchange = false;
};

}  // namespace coseal
