#include "crypto/key_agreement.hpp"

#include "crypto/random.hpp"
#include "crypto/sodium.hpp"

#include <coseal/error.hpp>

#include <sodium/crypto_scalarmult_curve25519.h>

#include <utility>

namespace coseal {

ephemeral_key ephemeral_key::generate() {
  secret32 scalar;
  fill_random(scalar.writable());
  return ephemeral_key(std::move(scalar));
}

ephemeral_key ephemeral_key::of_scalar(std::span<const std::byte, 32> scalar) noexcept {
  return ephemeral_key(secret32(scalar));
}

ephemeral_key::ephemeral_key(secret32 scalar) noexcept : scalar_(std::move(scalar)) {
  ready_sodium();
  crypto_scalarmult_curve25519_base(raw(share_.data()), raw(scalar_.view().data()));
}

result<secret32> ephemeral_key::agree(std::span<const std::byte, 32> peer) && noexcept {
  const secret32 scalar = std::move(scalar_);
  // A reflected share gives a secret that the one who reflects it does not know, but no honest peer sends it.
  if (equal_constant_time(peer, share_)) return errc::bad_key_share;
  secret32 shared;
  if (crypto_scalarmult_curve25519(raw(shared.writable().data()), raw(scalar.view().data()),
                                   raw(peer.data())) != 0)
    return errc::bad_key_share;
  return shared;
}

}  // namespace coseal
