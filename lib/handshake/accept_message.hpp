#pragma once

#include "handshake/channel_version.hpp"
#include "handshake/parameters.hpp"
#include "trust/session_book.hpp"

#include <coseal/coordinate.hpp>
#include <coseal/result.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace coseal {

/// What became of the session that the connector named as its previous one.
enum class previous_session : std::uint8_t {
  gone = 0,      ///< R did not have it
  replaced = 1,  ///< R had it and has ended it
};

/// What follows the type byte of ACCEPT at the levels above none; docs/protocol.md section 6.
struct accept_message {
  session_id id{};
  std::chrono::milliseconds expires{0};  ///< since 1970; 0: not resumable
  std::uint64_t auth_epoch = 0;
  std::chrono::milliseconds time{0};  ///< since 1970, by R's clock
  std::vector<std::byte> ticket;
  std::optional<previous_session> previous;  ///< if M3 named one

  std::vector<std::byte> encode() const;
  /// errc::malformed_message, unknown_critical_extension.
  static result<accept_message> parse(std::span<const std::byte> content);
  friend bool operator==(const accept_message&, const accept_message&) = default;
};

/// The same at level none: all that R says about itself is a claim.
struct accept_claim {
  session_id id{};
  coordinate where;
  parameters params;
  channel_version channel;

  std::vector<std::byte> encode() const;
  /// errc::malformed_message, unknown_critical_extension.
  static result<accept_claim> parse(std::span<const std::byte> content);
  friend bool operator==(const accept_claim&, const accept_claim&) = default;
};

}  // namespace coseal
