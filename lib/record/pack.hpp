#pragma once

#include "record/content.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace coseal {

/// Appends `u16 n | frame` to an open PACK; the caller has checked the room.
inline std::byte* append_packed(std::byte* at, std::span<const std::byte> frame) noexcept {
  at[0] = static_cast<std::byte>(frame.size() >> 8);
  at[1] = static_cast<std::byte>(frame.size() & 0xff);
  if (!frame.empty()) std::memcpy(at + pack_prefix, frame.data(), frame.size());
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
