#pragma once

#include "crypto/secret.hpp"

#include <array>
#include <cstddef>
#include <span>

namespace coseal {

using xchacha_nonce = std::array<std::byte, 24>;
inline constexpr std::size_t xchacha_overhead = 16;

/// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha): its nonce is long enough to be random under a key that lives
/// for years. out.size() == in.size() + xchacha_overhead; the tag comes last.
void xchacha_seal(const secret32& key, const xchacha_nonce& nonce, std::span<const std::byte> aad,
                  std::span<const std::byte> in, std::span<std::byte> out) noexcept;
/// in.size() == out.size() + xchacha_overhead. On false `out` is wiped.
[[nodiscard]] bool xchacha_open(const secret32& key, const xchacha_nonce& nonce,
                                std::span<const std::byte> aad, std::span<const std::byte> in,
                                std::span<std::byte> out) noexcept;

}  // namespace coseal
