#include "crypto/hash.hpp"
#include "crypto/sodium.hpp"
#include "crypto/state_in.hpp"

#include <sodium/utils.h>

#include <nettle/hmac.h>
#include <nettle/sha2.h>
#include <new>

namespace coseal {
namespace {

using sha256_state = sha256_ctx;
using hmac_state = hmac_sha256_ctx;

}  // namespace

sha256::sha256() noexcept {
  sha256_init(new (state_.data()) sha256_state);
}

sha256& sha256::update(std::span<const std::byte> data) noexcept {
  sha256_update(state_in<sha256_state>(state_), data.size(), raw(data.data()));
  return *this;
}

digest sha256::value() const noexcept {
  digest out;
  auto snapshot = *state_in<sha256_state>(state_);
  sha256_digest(&snapshot, out.size(), raw(out.data()));
  return out;
}

hmac_key::hmac_key(std::span<const std::byte> key) noexcept {
  hmac_sha256_set_key(new (state_.data()) hmac_state, key.size(), raw(key.data()));
}

void hmac_key::sign(std::initializer_list<std::span<const std::byte>> pieces,
                    std::span<std::byte, 32> out) const noexcept {
  auto state = *state_in<hmac_state>(state_);
  for (const auto piece : pieces) hmac_sha256_update(&state, piece.size(), raw(piece.data()));
  hmac_sha256_digest(&state, out.size(), raw(out.data()));
  sodium_memzero(&state, sizeof state);
}

}  // namespace coseal
