#pragma once

#include "websocket/mask.hpp"

#include <coseal/result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace coseal::websocket {

enum class opcode : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xa,
};

inline bool is_control(opcode code) noexcept {
  return static_cast<std::uint8_t>(code) >= 0x8;
}

/// Which end of a connection this is. Clients mask what they send, servers do not (RFC 6455 5.1).
enum class role { client, server };

/// What stands before a frame's payload; RFC 6455 5.2.
struct frame_header {
  static constexpr std::size_t largest = 14;

  bool fin = true;
  opcode code = opcode::binary;
  std::uint64_t length = 0;
  std::optional<masking_key> mask;

  /// How many bytes the header has whose first bytes are `start`: 2 as long as that is all one can say.
  static std::size_t size_of(std::span<const std::byte> start) noexcept;
  /// `bytes` is a whole header. close_code::protocol_error: reserved bits or opcodes, a length that is not
  /// the shortest or beyond 2^63, control frames that are long or cut.
  static result<frame_header> parse(std::span<const std::byte> bytes) noexcept;
  /// Returns how many bytes of `out` it took.
  std::size_t write(std::span<std::byte, largest> out) const noexcept;
};

inline constexpr std::size_t largest_control_payload = 125;

}  // namespace coseal::websocket
