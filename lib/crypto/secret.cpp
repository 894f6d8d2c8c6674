#include "crypto/secret.hpp"

#include "crypto/sodium.hpp"

#include <sodium/crypto_verify_16.h>
#include <sodium/crypto_verify_32.h>
#include <sodium/utils.h>

namespace coseal {

void wipe(std::span<std::byte> memory) noexcept {
  sodium_memzero(memory.data(), memory.size());
}

bool equal_constant_time(std::span<const std::byte> a, std::span<const std::byte> b) noexcept {
  if (a.size() != b.size()) return false;
  switch (a.size()) {  // tags and digests have faster forms of the same
    case 0:
      return true;
    case 16:
      return crypto_verify_16(raw(a.data()), raw(b.data())) == 0;
    case 32:
      return crypto_verify_32(raw(a.data()), raw(b.data())) == 0;
    default:
      return sodium_memcmp(a.data(), b.data(), a.size()) == 0;
  }
}

}  // namespace coseal
