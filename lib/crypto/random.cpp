#include "crypto/random.hpp"

#include "crypto/sodium.hpp"

#include <sodium/randombytes.h>

namespace coseal {

void fill_random(std::span<std::byte> out) noexcept {
  ready_sodium();
  if (!out.empty()) randombytes_buf(out.data(), out.size());
}

}  // namespace coseal
