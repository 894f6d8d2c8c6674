#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace coseal {

/// SHA-1, which protects nothing any more: only for the Sec-WebSocket-Accept that RFC 6455 4.2.2 wants.
std::array<std::byte, 20> sha1(std::span<const std::byte> data) noexcept;

}  // namespace coseal
