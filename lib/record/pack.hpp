#pragma once

#include "record/content.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

namespace coseal {

/// Copies n bytes: below 128 by two overlapping moves of a fixed width, where a call would cost more than the
/// copy.
inline void copy_small(std::byte* to, const std::byte* from, std::size_t n) noexcept {
  const auto overlapping = [&]<std::size_t Width>(std::integral_constant<std::size_t, Width>) {
    std::byte first[Width], last[Width];
    std::memcpy(first, from, Width);
    std::memcpy(last, from + n - Width, Width);
    std::memcpy(to, first, Width);
    std::memcpy(to + n - Width, last, Width);
  };
  if (n > 128) {
    std::memcpy(to, from, n);
  } else if (n >= 64) {
    overlapping(std::integral_constant<std::size_t, 64>());
  } else if (n >= 32) {
    overlapping(std::integral_constant<std::size_t, 32>());
  } else if (n >= 16) {
    overlapping(std::integral_constant<std::size_t, 16>());
  } else if (n >= 8) {
    overlapping(std::integral_constant<std::size_t, 8>());
  } else {
    for (std::size_t i = 0; i < n; ++i) to[i] = from[i];
  }
}

/// Appends `u16 n | frame` to an open PACK; the caller has checked the room.
inline std::byte* append_packed(std::byte* at, std::span<const std::byte> frame) noexcept {
  at[0] = static_cast<std::byte>(frame.size() >> 8);
  at[1] = static_cast<std::byte>(frame.size() & 0xff);
  copy_small(at + pack_prefix, frame.data(), frame.size());
  return at + pack_prefix + frame.size();
}

/// How many frames a PACK holds; nothing if it is empty or cut, or if a frame is longer than `largest`.
inline std::optional<std::size_t> count_packed(std::span<const std::byte> content,
                                               std::size_t largest) noexcept {
  const std::byte* at = content.data();
  std::size_t left = content.size();
  std::size_t count = 0;
  if (left == 0) return std::nullopt;
  while (left != 0) {
    if (left < pack_prefix) return std::nullopt;
    const std::size_t n = std::to_integer<std::size_t>(at[0]) << 8 | std::to_integer<std::size_t>(at[1]);
    if (n > left - pack_prefix || n > largest) return std::nullopt;
    at += pack_prefix + n;
    left -= pack_prefix + n;
    ++count;
  }
  return count;
}

}  // namespace coseal
