#pragma once

#include <cstddef>
#include <cstdint>

namespace coseal {

/// The first byte of every TRAFFIC content; docs/protocol.md section 6.
enum class content_type : std::uint8_t {
  pack = 0x01,
  frame = 0x02,
  first = 0x03,
  next = 0x04,
  accept = 0x10,
  refused = 0x11,
  rekey = 0x12,
  ping = 0x13,
  pong = 0x14,
  close = 0x15,
  resumed = 0x16,
};

inline constexpr std::byte padded_bit{0x80};
inline constexpr std::size_t pack_prefix = 2;  ///< the u16 length before each packed frame

enum class close_code : std::uint16_t { done = 0, going_away = 1, peer_error = 2, failed = 3 };

}  // namespace coseal
