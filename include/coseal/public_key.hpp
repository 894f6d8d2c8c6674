#pragma once

#include <coseal/result.hpp>

#include <array>
#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

namespace coseal {

/// An Ed25519 public key: what a peer is pinned by.
struct public_key {
  std::array<std::byte, 32> bytes{};

  /// "SHA256:" and the unpadded base64 of SHA-256(bytes), the form OpenSSH prints: what people compare.
  std::string fingerprint() const;
  /// 64 hexadecimal digits.
  std::string to_hex() const;
  static result<public_key> from_hex(std::string_view text);

  friend auto operator<=>(const public_key&, const public_key&) = default;
};

}  // namespace coseal
