#include "crypto/sha1.hpp"

#include "crypto/sodium.hpp"

#include <nettle/sha1.h>

namespace coseal {

std::array<std::byte, 20> sha1(std::span<const std::byte> data) noexcept {
  sha1_ctx state;
  sha1_init(&state);
  sha1_update(&state, data.size(), raw(data.data()));
  std::array<std::byte, 20> out;
  sha1_digest(&state, out.size(), raw(out.data()));
  return out;
}

}  // namespace coseal
