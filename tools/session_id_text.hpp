#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace coseal::tool {

/// 32 hexadecimal digits.
inline std::string session_id_text(const std::array<std::byte, 16>& id) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte b : id) {
    text += digits[std::to_integer<unsigned>(b) >> 4];
    text += digits[std::to_integer<unsigned>(b) & 15];
  }
  return text;
}

}  // namespace coseal::tool
