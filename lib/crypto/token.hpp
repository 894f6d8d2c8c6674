#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <coseal/public_key.hpp>
#include <coseal/result.hpp>

#include "crypto/secret.hpp"

namespace coseal {

/// A token that only its maker opens: ver u8 | type u8 | key id u32 | nonce[24] | XChaCha20-Poly1305 under
/// XL(ring key, "tok" + type in decimal, pk), AAD = ver | type | key id | nonce | pk. docs/protocol.md, tokens.
std::vector<std::byte> seal_token(const secret32& ring_key, std::uint32_t key_id, std::uint8_t type,
                                  const public_key& owner, std::span<const std::byte> plaintext);
/// The key id a token names, before anything is opened; errc::malformed_message if it is no token of this type.
result<std::uint32_t> token_key_id(std::span<const std::byte> token, std::uint8_t type) noexcept;
/// errc::bad_record_tag if the token is not one of ours under this key.
result<std::vector<std::byte>> open_token(const secret32& ring_key, std::uint8_t type, const public_key& owner,
                                          std::span<const std::byte> token);

/// Data at rest under a passphrase: Argon2id13 (moderate limits, stored in the box) and XChaCha20-Poly1305.
std::vector<std::byte> seal_with_passphrase(std::string_view passphrase, std::span<const std::byte> plaintext);
/// errc::wrong_passphrase, errc::malformed_message. Refuses boxes that ask for more than 1 GiB or 10 passes.
result<std::vector<std::byte>> open_with_passphrase(std::string_view passphrase, std::span<const std::byte> box);

}  // namespace coseal
