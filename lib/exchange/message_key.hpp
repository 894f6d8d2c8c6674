#pragma once

#include "crypto/aead.hpp"
#include "crypto/hash.hpp"
#include "crypto/secret.hpp"

#include <coseal/result.hpp>
#include <coseal/security_level.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace coseal {

using message_salt = std::array<std::byte, 32>;

/// Key and nonce of one message on an exchange carrier, of which nobody can count: both hang on a fresh salt.
/// Seals or opens once and is wiped. docs/protocol.md section 8.
class message_key {
 public:
  static message_key of_request(const secret32& i_ap, const message_salt& salt, std::uint64_t time) noexcept;
  static message_key of_response(const secret32& r_ap, const digest& request,
                                 const message_salt& salt) noexcept;

  /// In place; at authenticated the content stays clear. errc::no_aead_backend, self_test_failed.
  result<void> seal(security_level level, std::span<const std::byte> aad, std::span<std::byte> content,
                    tag_span tag) &&;
  /// errc::bad_record_tag, and then the content is wiped.
  result<void> open(security_level level, std::span<const std::byte> aad, std::span<std::byte> content,
                    const_tag_span tag) &&;

 private:
  message_key() = default;

  secret<44> key_and_iv_;
};

}  // namespace coseal
