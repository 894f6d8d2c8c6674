#pragma once

#include <array>
#include <cstddef>

namespace coseal::websocket {

using masking_key = std::array<std::byte, 4>;

/// Writes the `n` bytes at `from` to `to`, each XORed with its byte of the key; the first one with key byte
/// `phase` % 4. `to` may be `from`, or lie before it, overlapping: unmasking and closing a gap are one pass.
/// RFC 6455 5.3.
void apply_mask(std::byte* to, const std::byte* from, std::size_t n, const masking_key& key,
                std::size_t phase) noexcept;

}  // namespace coseal::websocket
