#include "crypto/xchacha.hpp"

#include "crypto/sodium.hpp"

#include <sodium/crypto_aead_xchacha20poly1305.h>

#include <cassert>

namespace coseal {

static_assert(xchacha_overhead == crypto_aead_xchacha20poly1305_ietf_ABYTES);
static_assert(std::tuple_size_v<xchacha_nonce> == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);

void xchacha_seal(const secret32& key, const xchacha_nonce& nonce, std::span<const std::byte> aad,
                  std::span<const std::byte> in, std::span<std::byte> out) noexcept {
  assert(out.size() == in.size() + xchacha_overhead);
  ready_sodium();
  crypto_aead_xchacha20poly1305_ietf_encrypt(raw(out.data()), nullptr, raw(in.data()), in.size(),
                                             raw(aad.data()), aad.size(), nullptr, raw(nonce.data()),
                                             raw(key.view().data()));
}

bool xchacha_open(const secret32& key, const xchacha_nonce& nonce, std::span<const std::byte> aad,
                  std::span<const std::byte> in, std::span<std::byte> out) noexcept {
  assert(in.size() == out.size() + xchacha_overhead);
  ready_sodium();
  const bool good = crypto_aead_xchacha20poly1305_ietf_decrypt(
                        raw(out.data()), nullptr, nullptr, raw(in.data()), in.size(), raw(aad.data()),
                        aad.size(), raw(nonce.data()), raw(key.view().data())) == 0;
  if (!good) wipe(out);
  return good;
}

}  // namespace coseal
