#pragma once

#include "crypto/random.hpp"

#include <bit>
#include <cstdint>

namespace coseal {

/// A version for a value that is written: random, so that none comes twice even where a store lost what it
/// wrote last, or came back from a backup, and counts anew. 1 to 2^63 - 1, which SQLite can hold.
inline std::uint64_t random_version() noexcept {
  for (;;) {
    const auto version = std::bit_cast<std::uint64_t>(random_array<8>()) >> 1;
    if (version != 0) return version;
  }
}

}  // namespace coseal
