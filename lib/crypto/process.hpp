#pragma once

#include <atomic>
#include <cstdint>

namespace coseal {

extern std::atomic<std::uint32_t> forks_so_far;

/// Grows by one in every child made by fork(): what was made under another number belongs to another process,
/// and using its keys in both would repeat nonces.
inline std::uint32_t process_generation() noexcept {
  return forks_so_far.load(std::memory_order_relaxed);
}

}  // namespace coseal
