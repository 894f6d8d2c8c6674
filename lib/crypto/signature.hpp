#pragma once

#include "crypto/secret.hpp"

#include <coseal/public_key.hpp>

#include <array>
#include <cstddef>
#include <span>

namespace coseal {

using signature_bytes = std::array<std::byte, 64>;

/// An Ed25519 key pair from its seed (RFC 8032). The public key is derived, never loaded.
class signing_key {
 public:
  static signing_key generate();
  explicit signing_key(const secret32& seed) noexcept;

  const public_key& public_part() const noexcept { return public_; }
  secret32 seed() const noexcept;
  signature_bytes sign(std::span<const std::byte> message) const noexcept;
  signing_key clone() const noexcept { return signing_key(seed()); }

 private:
  secret<64> expanded_;
  public_key public_;
};

/// Strict: refuses S >= L, small-order and non-canonical A and R.
[[nodiscard]] bool verify_signature(const public_key& key, std::span<const std::byte> message,
                                    std::span<const std::byte> signature) noexcept;

}  // namespace coseal
