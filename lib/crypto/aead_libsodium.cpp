#include "crypto/aead_backends.hpp"
#include "crypto/joined_pieces.hpp"
#include "crypto/sodium.hpp"

#include <sodium/crypto_aead_aes256gcm.h>
#include <sodium/utils.h>

#include <cstring>

namespace coseal {
namespace {

// libsodium forbids a null buffer even for no bytes.
std::byte* buffer_for(std::byte* bytes) noexcept {
  static std::byte nothing;
  return bytes != nullptr ? bytes : &nothing;
}

class libsodium_key final : public aead_key {
 public:
  explicit libsodium_key(std::span<const std::byte, 32> key) noexcept {
    crypto_aead_aes256gcm_beforenm(&expanded_, raw(key.data()));
  }
  ~libsodium_key() override { sodium_memzero(&expanded_, sizeof expanded_); }

  void seal(const nonce_bytes& nonce, std::span<const std::byte> aad, std::span<const std::byte> in,
            std::byte* out, tag_span tag) noexcept override {
    crypto_aead_aes256gcm_encrypt_detached_afternm(raw(buffer_for(out)), raw(tag.data()), nullptr,
                                                   raw(in.data()), in.size(), raw(aad.data()), aad.size(),
                                                   nullptr, raw(nonce.data()), &expanded_);
  }

  void seal_after(const nonce_bytes& nonce, std::span<const std::byte> aad, std::span<std::byte> head,
                  std::span<const std::byte> in, tag_span tag) noexcept override {
    std::byte* const behind = head.data() + head.size();
    if (!in.empty() && in.data() != behind) std::memcpy(behind, in.data(), in.size());
    seal(nonce, aad, {head.data(), head.size() + in.size()}, head.data(), tag);
  }

  bool open(const nonce_bytes& nonce, std::span<const std::byte> aad, std::span<std::byte> in_out,
            const_tag_span tag) noexcept override {
    const bool good = crypto_aead_aes256gcm_decrypt_detached_afternm(
                          raw(in_out.data()), nullptr, raw(buffer_for(in_out.data())), in_out.size(),
                          raw(tag.data()), raw(aad.data()), aad.size(), raw(nonce.data()), &expanded_) == 0;
    if (!good) wipe(in_out);
    return good;
  }

  void mac(const nonce_bytes& nonce, std::span<const std::byte> a, std::span<const std::byte> b,
           tag_span tag) noexcept override {
    seal(nonce, pieces_.join(a, b), {}, nullptr, tag);
  }

 private:
  crypto_aead_aes256gcm_state expanded_;
  joined_pieces pieces_;
};

class libsodium_backend final : public aead_backend {
 public:
  std::string_view name() const noexcept override { return "libsodium"; }
  bool constant_time() const noexcept override { return true; }
  std::unique_ptr<aead_key> expand(std::span<const std::byte, 32> key) const override {
    return std::make_unique<libsodium_key>(key);
  }
};

}  // namespace

const aead_backend* make_libsodium_backend() {
  ready_sodium();
  static const libsodium_backend backend;
  return crypto_aead_aes256gcm_is_available() != 0 ? &backend : nullptr;
}

}  // namespace coseal
