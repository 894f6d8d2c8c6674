#pragma once

#include "crypto/secret.hpp"

#include <coseal/result.hpp>

#include <array>
#include <cstddef>
#include <span>

namespace coseal {

using key_share = std::array<std::byte, 32>;

/// One X25519 ephemeral (RFC 7748), used for one agreement and wiped with it.
class ephemeral_key {
 public:
  static ephemeral_key generate();
  /// Of a scalar that is known: for self-tests and known answers.
  static ephemeral_key of_scalar(std::span<const std::byte, 32> scalar) noexcept;

  const key_share& share() const noexcept { return share_; }
  /// errc::bad_key_share on an all-zero result (small-order points) and on our own share reflected.
  result<secret32> agree(std::span<const std::byte, 32> peer) && noexcept;

 private:
  explicit ephemeral_key(secret32 scalar) noexcept;

  secret32 scalar_;
  key_share share_{};
};

}  // namespace coseal
