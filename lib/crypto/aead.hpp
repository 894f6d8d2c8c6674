#pragma once

#include "crypto/secret.hpp"

#include <coseal/result.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace coseal {

inline constexpr std::size_t tag_size = 16;
using nonce_bytes = std::array<std::byte, 12>;
using tag_span = std::span<std::byte, tag_size>;
using const_tag_span = std::span<const std::byte, tag_size>;

/// One AES-256-GCM key, expanded once by a backend, wiped when it goes. The caller owns nonce discipline.
/// Calls on one key must not overlap. NIST SP 800-38D.
class aead_key {
 public:
  virtual ~aead_key() = default;

  /// Encrypts `in` to `out` (in place when out == in.data(), else the two must not overlap) and writes the
  /// tag.
  virtual void seal(const nonce_bytes& nonce, std::span<const std::byte> aad, std::span<const std::byte> in,
                    std::byte* out, tag_span tag) noexcept = 0;
  /// Seals the concatenation head | in as one message: `head` in place, `in` to the bytes that directly
  /// follow head (in place when `in` already stands there). The seal is the copy: one pass over the caller's
  /// const bytes.
  virtual void seal_after(const nonce_bytes& nonce, std::span<const std::byte> aad, std::span<std::byte> head,
                          std::span<const std::byte> in, tag_span tag) noexcept = 0;
  /// Decrypts in place. On a wrong tag returns false and leaves the bytes wiped: nothing forged is ever seen.
  [[nodiscard]] virtual bool open(const nonce_bytes& nonce, std::span<const std::byte> aad,
                                  std::span<std::byte> in_out, const_tag_span tag) noexcept = 0;
  /// GMAC: the tag of GCM over a | b as associated data and no plaintext.
  virtual void mac(const nonce_bytes& nonce, std::span<const std::byte> a, std::span<const std::byte> b,
                   tag_span tag) noexcept = 0;
  /// Constant-time check of mac().
  [[nodiscard]] bool verify(const nonce_bytes& nonce, std::span<const std::byte> a,
                            std::span<const std::byte> b, const_tag_span tag) noexcept;
};

/// One implementation of AES-256-GCM. Backends are process-wide, made on first use, never destroyed;
/// thread-safe.
class aead_backend {
 public:
  virtual ~aead_backend() = default;
  virtual std::string_view name() const noexcept = 0;  ///< "ipsec-mb", "libsodium", "wolfssl"
  virtual bool constant_time() const noexcept = 0;
  virtual std::unique_ptr<aead_key> expand(std::span<const std::byte, 32> key) const = 0;
};

/// The backend in use: COSEAL_AEAD if set, else the fastest usable one, chosen once and self-tested before
/// its first use. errc::no_aead_backend (a forced one is missing or unknown, or none works here),
/// errc::self_test_failed.
result<const aead_backend*> default_aead_backend();
/// By name, independent of the environment; for benches, tests and the command line.
result<const aead_backend*> find_aead_backend(std::string_view name);
/// The backends that work on this machine, fastest first.
std::vector<const aead_backend*> usable_aead_backends();
/// One line for a person: why `default_aead_backend` failed and what to set or install.
std::string explain_aead_backends();

}  // namespace coseal
