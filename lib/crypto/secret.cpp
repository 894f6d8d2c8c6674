#include "crypto/secret.hpp"

#include <sodium/utils.h>

namespace coseal {

void wipe(std::span<std::byte> memory) noexcept {
  sodium_memzero(memory.data(), memory.size());
}

bool equal_constant_time(std::span<const std::byte> a, std::span<const std::byte> b) noexcept {
  return a.size() == b.size() && (a.empty() || sodium_memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace coseal
