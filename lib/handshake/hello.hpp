#pragma once

#include "crypto/key_agreement.hpp"
#include "handshake/channel_version.hpp"
#include "handshake/parameters.hpp"

#include <coseal/coordinate.hpp>
#include <coseal/result.hpp>
#include <coseal/security_level.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace coseal {

inline constexpr std::uint8_t wire_version = 1;
inline constexpr std::uint16_t wire_suite = 0x0001;
using handshake_random = std::array<std::byte, 32>;

/// Who a connector at level none says it is.
struct claimed_identity {
  coordinate where;
  parameters params;
  friend bool operator==(const claimed_identity&, const claimed_identity&) = default;
};

/// M1. `claimed` is there exactly at level none, where `share` is zero.
struct hello {
  std::vector<std::uint8_t> versions{wire_version};
  std::vector<std::uint16_t> suites{wire_suite};
  security_level level = security_level::encrypted;
  key_share share{};  ///< e_i
  handshake_random random{};
  channel_version channel;
  coordinate wanted;
  std::optional<claimed_identity> claimed;

  std::vector<std::byte> encode() const;
  /// errc::not_coseal (no magic), version_unsupported (ours is not among the offers; what follows is not
  /// looked at, since another version may write it differently), level_refused (no level we know),
  /// unknown_critical_extension, malformed_message.
  static result<hello> parse(std::span<const std::byte> body);
  friend bool operator==(const hello&, const hello&) = default;
};

}  // namespace coseal
