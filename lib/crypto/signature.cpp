#include "crypto/signature.hpp"

#include "crypto/random.hpp"
#include "crypto/sodium.hpp"

#include <sodium/crypto_sign_ed25519.h>

namespace coseal {

signing_key signing_key::generate() {
  secret32 seed;
  fill_random(seed.writable());
  return signing_key(seed);
}

signing_key::signing_key(const secret32& seed) noexcept {
  crypto_sign_ed25519_seed_keypair(raw(public_.bytes.data()), raw(expanded_.writable().data()),
                                   raw(seed.view().data()));
}

secret32 signing_key::seed() const noexcept {
  return secret32(expanded_.view().first<32>());
}

signature_bytes signing_key::sign(std::span<const std::byte> message) const noexcept {
  signature_bytes out;
  crypto_sign_ed25519_detached(raw(out.data()), nullptr, raw(message.data()), message.size(),
                               raw(expanded_.view().data()));
  return out;
}

// libsodium itself refuses S >= L, small-order and non-canonical A and R; the CCTV vectors hold it to that.
bool verify_signature(const public_key& key, std::span<const std::byte> message,
                      std::span<const std::byte> signature) noexcept {
  return signature.size() == crypto_sign_ed25519_BYTES &&
         crypto_sign_ed25519_verify_detached(raw(signature.data()), raw(message.data()), message.size(),
                                             raw(key.bytes.data())) == 0;
}

}  // namespace coseal
