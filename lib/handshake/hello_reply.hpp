#pragma once

#include "handshake/hello.hpp"

#include <coseal/result.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace coseal {

/// The clear part of M2. Its version, suite and level stand as they came: whether they answer what was asked
/// is for the step that asked.
struct hello_reply {
  static constexpr std::size_t size = 1 + 2 + 1 + channel_version::size + 32 + 32;

  std::uint8_t version = wire_version;
  std::uint16_t suite = wire_suite;
  std::uint8_t level = 0;
  channel_version channel;
  key_share share{};  ///< e_r
  handshake_random random{};

  std::vector<std::byte> encode() const;
  /// errc::malformed_message if `clear` is not exactly `size` bytes.
  static result<hello_reply> parse(std::span<const std::byte> clear);
  friend bool operator==(const hello_reply&, const hello_reply&) = default;
};

}  // namespace coseal
