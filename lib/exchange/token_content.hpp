#pragma once
// What the two tokens of docs/protocol.md section 8 hold. Only acceptors read them, but acceptors that share
// an identity must agree.

#include "handshake/accept_message.hpp"
#include "handshake/acceptor_steps.hpp"

#include <coseal/coordinate.hpp>
#include <coseal/public_key.hpp>
#include <coseal/result.hpp>
#include <coseal/security_level.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

namespace coseal {

enum class token_type : std::uint8_t { handshake = 1, session = 2 };

/// How long a finish may take.
inline constexpr std::chrono::milliseconds handshake_token_lifetime = std::chrono::seconds(30);
/// A token's life, renewed after half of it, and the longest life of a session.
inline constexpr std::chrono::milliseconds session_token_lifetime = std::chrono::hours(1);
inline constexpr std::chrono::milliseconds session_lifetime = std::chrono::hours(24);

/// A handshake between HELLO_REPLY and FINISH. There is no ephemeral secret in it.
struct handshake_token {
  half_open_handshake rest;
  std::chrono::milliseconds issued{0};  ///< all times: since 1970

  /// The bytes are secret: the caller wipes them.
  std::vector<std::byte> encode() &&;
  /// errc::malformed_message.
  static result<handshake_token> parse(std::span<const std::byte> plaintext);
};

/// A session.
struct session_token {
  session_id id{};
  security_level level = security_level::encrypted;
  public_key connector;
  coordinate where;  ///< the connector's
  channel_version channel;
  secret32 i_ap;
  secret32 r_ap;
  std::chrono::milliseconds started{0};
  std::chrono::milliseconds issued{0};
  std::chrono::milliseconds expires{0};
  std::uint64_t auth_epoch = 0;

  /// Sets issued and expires.
  void renew(std::chrono::milliseconds now) noexcept;
  bool renewal_due(std::chrono::milliseconds now) const noexcept {
    return now >= issued + session_token_lifetime / 2 && expires < started + session_lifetime;
  }
  std::vector<std::byte> encode() const;
  static result<session_token> parse(std::span<const std::byte> plaintext);
};

}  // namespace coseal
