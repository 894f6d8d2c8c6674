#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace coseal::detail {

/// Big-endian numbers of fixed size at any address.
template <class Number>
Number load_big(const std::byte* at) noexcept {
  Number value;
  std::memcpy(&value, at, sizeof value);
  if constexpr (std::endian::native == std::endian::little && sizeof value > 1) {
    if constexpr (sizeof value == 2) value = static_cast<Number>(__builtin_bswap16(value));
    if constexpr (sizeof value == 4) value = __builtin_bswap32(value);
    if constexpr (sizeof value == 8) value = __builtin_bswap64(value);
  }
  return value;
}
template <class Number>
std::byte* store_big(std::byte* at, Number value) noexcept {
  const Number big = load_big<Number>(reinterpret_cast<const std::byte*>(&value));
  std::memcpy(at, &big, sizeof big);
  return at + sizeof big;
}

/// Numbers of 1 to 9 bytes: as many leading ones in the first byte as bytes follow it, a zero, then the
/// number, big-endian. Encodings compare as the numbers do. docs/protocol.md, Values.
constexpr std::size_t varint_size(std::uint64_t value) noexcept {
  const auto bits = static_cast<std::size_t>(std::bit_width(value | 1));
  return bits > 56 ? 9 : (bits + 6) / 7;
}
inline std::byte* write_varint(std::byte* at, std::uint64_t value) noexcept {
  if (value < 0x80) {
    *at = static_cast<std::byte>(value);
    return at + 1;
  }
  const std::size_t following = varint_size(value) - 1;
  if (following == 8) {
    *at = std::byte{0xff};
    return store_big(at + 1, value);
  }
  value |= (std::uint64_t{0xff00} >> following & 0xff) << 8 * following;
  for (std::size_t i = following + 1; i-- > 0; value >>= 8) at[i] = static_cast<std::byte>(value);
  return at + following + 1;
}

/// Signed numbers with the sign in the lowest bit, so that small ones of either sign are short.
constexpr std::uint64_t zigzag(std::int64_t value) noexcept {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t from_zigzag(std::uint64_t value) noexcept {
  return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
}

}  // namespace coseal::detail
