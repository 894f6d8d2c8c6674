#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace coseal {

/// RFC 4648 4, with padding.
std::string to_base64(std::span<const std::byte> bytes);
/// True if `text` is the base64 of exactly out.size() bytes, which it then writes.
[[nodiscard]] bool from_base64(std::string_view text, std::span<std::byte> out) noexcept;

}  // namespace coseal
