#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace coseal {

/// From the operating system's generator (libsodium); safe after fork.
void fill_random(std::span<std::byte> out) noexcept;

template <std::size_t N>
std::array<std::byte, N> random_array() noexcept {
  std::array<std::byte, N> out;
  fill_random(out);
  return out;
}

}  // namespace coseal
