#pragma once
// Integers of RFC 9000, section 16: the two top bits of the first byte say how many bytes there are. Only the
// shortest form is valid.

#include "bytes/reader.hpp"

#include <cstddef>
#include <cstdint>

namespace coseal {

inline constexpr std::uint64_t largest_varint = (std::uint64_t{1} << 62) - 1;

constexpr std::size_t varint_size(std::uint64_t value) noexcept {
  if (value < 1U << 6) return 1;
  if (value < 1U << 14) return 2;
  if (value < 1U << 30) return 4;
  return 8;
}

/// Writes varint_size(value) bytes and returns the place behind them; value <= largest_varint.
inline std::byte* write_varint(std::byte* at, std::uint64_t value) noexcept {
  const std::size_t size = varint_size(value);
  const unsigned prefix = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;
  for (std::size_t i = 0; i < size; ++i) at[i] = static_cast<std::byte>(value >> 8 * (size - 1 - i));
  at[0] |= static_cast<std::byte>(prefix << 6);
  return at + size;
}

/// Fails the reader where bytes are missing or a shorter form exists.
inline std::uint64_t read_varint(reader& in) noexcept {
  const unsigned first = in.u8();
  const std::size_t size = std::size_t{1} << (first >> 6);
  std::uint64_t value = first & 0x3f;
  for (const std::byte next : in.bytes(size - 1)) value = value << 8 | std::to_integer<std::uint64_t>(next);
  if (varint_size(value) != size) in.fail();
  return value;
}

}  // namespace coseal
