#pragma once

#include <sodium/core.h>

#include <cstddef>
#include <cstdlib>
#include <span>

namespace coseal {

/// Makes libsodium ready: its generator and its choice of code for this CPU. Called by whatever depends on
/// either.
inline void ready_sodium() noexcept {
  static const bool ready = sodium_init() >= 0;
  if (!ready) std::abort();  // no source of randomness: nothing here can work
}

// libsodium speaks unsigned char.
inline unsigned char* raw(std::byte* bytes) noexcept {
  return reinterpret_cast<unsigned char*>(bytes);
}
inline const unsigned char* raw(const std::byte* bytes) noexcept {
  return reinterpret_cast<const unsigned char*>(bytes);
}

}  // namespace coseal
