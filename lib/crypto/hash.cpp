#include "crypto/hash.hpp"

namespace coseal {

digest sha256::of(std::span<const std::byte> data) noexcept {
  return sha256().update(data).value();
}

hmac_key::~hmac_key() {
  wipe(state_);
}

bool hmac_key::verify(std::span<const std::byte> message, std::span<const std::byte> mac) const noexcept {
  secret<32> expected;
  sign({message}, expected.writable());
  return equal_constant_time(expected.view(), mac);
}

}  // namespace coseal
