#pragma once

#include "crypto/hash.hpp"
#include "crypto/secret.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace coseal {

/// HKDF-Extract with SHA-256 (RFC 5869 2.2).
secret32 hkdf_extract(std::span<const std::byte> salt, std::span<const std::byte> input) noexcept;
/// HKDF-Expand (RFC 5869 2.3); out.size() <= 255 * 32.
void hkdf_expand(const hmac_key& key, std::span<const std::byte> info, std::span<std::byte> out) noexcept;

/// XL of docs/protocol.md: HKDF-Expand with info = u16 n | u8 len | "coseal/1 " label | u8 len | context, the
/// form of RFC 8446 7.1. label at most 40 bytes, context at most 96.
void expand_label(const hmac_key& key, std::string_view label, std::span<const std::byte> context,
                  std::span<std::byte> out) noexcept;
secret32 expand_label(const hmac_key& key, std::string_view label,
                      std::span<const std::byte> context) noexcept;
secret32 expand_label(const secret32& key, std::string_view label,
                      std::span<const std::byte> context) noexcept;

}  // namespace coseal
