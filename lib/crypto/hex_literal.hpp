#pragma once

#include <array>
#include <cstddef>

namespace coseal {

/// Bytes written as hexadecimal text, at compile time: known answers in code look as they do in their
/// specification.
template <std::size_t N>
consteval std::array<std::byte, N / 2> hex_literal(const char (&text)[N]) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    throw "not a hexadecimal digit";
  };
  std::array<std::byte, N / 2> out{};
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::byte>(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
  return out;
}

}  // namespace coseal
