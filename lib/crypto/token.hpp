#pragma once

#include "crypto/secret.hpp"

#include <coseal/public_key.hpp>
#include <coseal/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace coseal {

/// A token that only its maker opens: ver u8 | type u8 | key id u32 | nonce[24] | XChaCha20-Poly1305 under
/// XL(ring key, "tok" + type in decimal, pk), AAD = ver | type | key id | nonce | pk. docs/protocol.md,
/// tokens.
std::vector<std::byte> seal_token(const secret32& ring_key, std::uint32_t key_id, std::uint8_t type,
                                  const public_key& owner, std::span<const std::byte> plaintext);
/// The key id a token names, before anything is opened; errc::malformed_message if it is no token of this
/// type.
result<std::uint32_t> token_key_id(std::span<const std::byte> token, std::uint8_t type) noexcept;
/// errc::bad_record_tag if the token is not one of ours under this key.
result<std::vector<std::byte>> open_token(const secret32& ring_key, std::uint8_t type,
                                          const public_key& owner, std::span<const std::byte> token);

/// What one guess of a passphrase costs. The default is libsodium's MODERATE: 0.7 s and 256 MiB.
struct passphrase_cost {
  std::uint32_t passes = 3;
  std::uint32_t memory_kib = 256 * 1024;
};
/// The dearest box that is opened without asking: a box from elsewhere must not stop the machine.
inline constexpr passphrase_cost dearest_passphrase_cost{10, 1024 * 1024};

/// Data at rest under a passphrase: ver u8 | passes u32 | memory u32, KiB | salt[16] | nonce[24] |
/// XChaCha20-Poly1305 under Argon2id13(passphrase, salt, passes, memory), AAD = all that stands before it.
/// Throws std::bad_alloc when the memory is not to be had.
std::vector<std::byte> seal_with_passphrase(std::string_view passphrase, std::span<const std::byte> plaintext,
                                            passphrase_cost cost = {});
/// errc::wrong_passphrase (or a changed box), errc::malformed_message: also for a box that asks for more than
/// `dearest`, before any work is done.
result<std::vector<std::byte>> open_with_passphrase(std::string_view passphrase,
                                                    std::span<const std::byte> box,
                                                    passphrase_cost dearest = dearest_passphrase_cost);

}  // namespace coseal
