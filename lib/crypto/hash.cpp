#include "crypto/hash.hpp"

#include "crypto/sodium.hpp"

#include <sodium/utils.h>

namespace coseal {

sha256::sha256() noexcept {
  crypto_hash_sha256_init(&state_);
}

sha256& sha256::update(std::span<const std::byte> data) noexcept {
  crypto_hash_sha256_update(&state_, raw(data.data()), data.size());
  return *this;
}

digest sha256::value() const noexcept {
  digest out;
  auto snapshot = state_;
  crypto_hash_sha256_final(&snapshot, raw(out.data()));
  return out;
}

digest sha256::of(std::span<const std::byte> data) noexcept {
  return sha256().update(data).value();
}

hmac_key::hmac_key(std::span<const std::byte> key) noexcept {
  static constexpr std::byte nothing{};  // libsodium forbids a null key even of no bytes
  crypto_auth_hmacsha256_init(&state_, raw(key.empty() ? &nothing : key.data()), key.size());
}

hmac_key::~hmac_key() {
  sodium_memzero(&state_, sizeof state_);
}

void hmac_key::sign(std::initializer_list<std::span<const std::byte>> pieces,
                    std::span<std::byte, 32> out) const noexcept {
  auto state = state_;
  for (const auto piece : pieces) crypto_auth_hmacsha256_update(&state, raw(piece.data()), piece.size());
  crypto_auth_hmacsha256_final(&state, raw(out.data()));
  sodium_memzero(&state, sizeof state);
}

bool hmac_key::verify(std::span<const std::byte> message, std::span<const std::byte> mac) const noexcept {
  secret<32> expected;
  sign({message}, expected.writable());
  return equal_constant_time(expected.view(), mac);
}

}  // namespace coseal
