#include "crypto/hash.hpp"
#include "crypto/sodium.hpp"
#include "crypto/state_in.hpp"

#include <sodium/crypto_auth_hmacsha256.h>
#include <sodium/crypto_hash_sha256.h>
#include <sodium/utils.h>

#include <new>

namespace coseal {
namespace {

using sha256_state = crypto_hash_sha256_state;
using hmac_state = crypto_auth_hmacsha256_state;

}  // namespace

sha256::sha256() noexcept {
  crypto_hash_sha256_init(new (state_.data()) sha256_state);
}

sha256& sha256::update(std::span<const std::byte> data) noexcept {
  crypto_hash_sha256_update(state_in<sha256_state>(state_), raw(data.data()), data.size());
  return *this;
}

digest sha256::value() const noexcept {
  digest out;
  auto snapshot = *state_in<sha256_state>(state_);
  crypto_hash_sha256_final(&snapshot, raw(out.data()));
  return out;
}

hmac_key::hmac_key(std::span<const std::byte> key) noexcept {
  static constexpr std::byte nothing{};  // libsodium forbids a null key even of no bytes
  crypto_auth_hmacsha256_init(new (state_.data()) hmac_state, raw(key.empty() ? &nothing : key.data()),
                              key.size());
}

void hmac_key::sign(std::initializer_list<std::span<const std::byte>> pieces,
                    std::span<std::byte, 32> out) const noexcept {
  auto state = *state_in<hmac_state>(state_);
  for (const auto piece : pieces) crypto_auth_hmacsha256_update(&state, raw(piece.data()), piece.size());
  crypto_auth_hmacsha256_final(&state, raw(out.data()));
  sodium_memzero(&state, sizeof state);
}

}  // namespace coseal
