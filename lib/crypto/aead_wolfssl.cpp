#include <cstdlib>
#include <cstring>

// Must come before any other header of wolfSSL: how the library was built.
#include <wolfssl/options.h>
// clang-format off
#include <wolfssl/wolfcrypt/aes.h>
// clang-format on

#include "crypto/aead_backends.hpp"
#include "crypto/joined_pieces.hpp"
#include "crypto/sodium.hpp"

#include <sodium/utils.h>

namespace coseal {
namespace {

word32 size32(std::size_t n) noexcept {
  return static_cast<word32>(n);
}

class wolfssl_key final : public aead_key {
 public:
  explicit wolfssl_key(std::span<const std::byte, 32> key) noexcept {
    must(wc_AesInit(&aes_, nullptr, INVALID_DEVID));
    must(wc_AesGcmSetKey(&aes_, raw(key.data()), size32(key.size())));
  }
  ~wolfssl_key() override {
    wc_AesFree(&aes_);
    sodium_memzero(&aes_, sizeof aes_);
  }

  void seal(const nonce_bytes& nonce, std::span<const std::byte> aad, std::span<const std::byte> in,
            std::byte* out, tag_span tag) noexcept override {
    must(wc_AesGcmEncrypt(&aes_, raw(out), raw(in.data()), size32(in.size()), raw(nonce.data()),
                          size32(nonce.size()), raw(tag.data()), size32(tag.size()), raw(aad.data()),
                          size32(aad.size())));
  }

  void seal_after(const nonce_bytes& nonce, std::span<const std::byte> aad, std::span<std::byte> head,
                  std::span<const std::byte> in, tag_span tag) noexcept override {
    std::byte* const behind = head.data() + head.size();
    if (!in.empty() && in.data() != behind) std::memcpy(behind, in.data(), in.size());
    seal(nonce, aad, {head.data(), head.size() + in.size()}, head.data(), tag);
  }

  bool open(const nonce_bytes& nonce, std::span<const std::byte> aad, std::span<std::byte> in_out,
            const_tag_span tag) noexcept override {
    const bool good = wc_AesGcmDecrypt(&aes_, raw(in_out.data()), raw(in_out.data()), size32(in_out.size()),
                                       raw(nonce.data()), size32(nonce.size()), raw(tag.data()),
                                       size32(tag.size()), raw(aad.data()), size32(aad.size())) == 0;
    if (!good) wipe(in_out);
    return good;
  }

  void mac(const nonce_bytes& nonce, std::span<const std::byte> a, std::span<const std::byte> b,
           tag_span tag) noexcept override {
    seal(nonce, pieces_.join(a, b), {}, nullptr, tag);
  }

 private:
  // Refusing legal arguments is a broken library; going on would send what was not sealed.
  static void must(int code) noexcept {
    if (code != 0) std::abort();
  }

  Aes aes_;
  joined_pieces pieces_;
};

class wolfssl_backend final : public aead_backend {
 public:
  std::string_view name() const noexcept override { return "wolfssl"; }
  // Debian builds it with lookup tables, and there is no way to ask a build.
  bool constant_time() const noexcept override { return false; }
  std::unique_ptr<aead_key> expand(std::span<const std::byte, 32> key) const override {
    return std::make_unique<wolfssl_key>(key);
  }
};

}  // namespace

const aead_backend* make_wolfssl_backend() {
  static const wolfssl_backend backend;
  return &backend;
}

}  // namespace coseal
