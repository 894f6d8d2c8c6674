#include <coseal/json/writing.hpp>

#include <array>

namespace coseal::detail {
namespace {

constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 64;

constexpr std::array<std::uint8_t, 256> base64_digits = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(no_digit);
  for (std::size_t i = 0; i < base64_alphabet.size(); ++i)
    table[static_cast<unsigned char>(base64_alphabet[i])] = static_cast<std::uint8_t>(i);
  return table;
}();

}  // namespace

void append_base64(std::string& out, std::span<const std::byte> bytes) {
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  while (!bytes.empty()) {
    const std::size_t n = bytes.size() < 3 ? bytes.size() : 3;
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (i < n ? std::to_integer<std::uint32_t>(bytes[i]) : 0);
    for (std::size_t i = 0; i < 4; ++i) out += i <= n ? base64_alphabet[group >> (18 - 6 * i) & 63] : '=';
    bytes = bytes.subspan(n);
  }
}

bool read_base64(std::string_view text, std::vector<std::byte>& out) {
  out.clear();
  if (text.size() % 4 != 0) return false;
  out.reserve(text.size() / 4 * 3);
  while (!text.empty()) {
    const bool last = text.size() == 4;
    const std::size_t n = last && text[3] == '=' ? (text[2] == '=' ? 1 : 2) : 3;  // bytes of this group
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const std::uint8_t digit = i <= n ? base64_digits[static_cast<unsigned char>(text[i])] : 0;
      if (digit == no_digit) return false;
      group = group << 6 | digit;
    }
    if ((group & ((1U << 8 * (3 - n)) - 1)) != 0) return false;  // bits that no byte has
    for (std::size_t i = 0; i < n; ++i) out.push_back(static_cast<std::byte>(group >> (16 - 8 * i)));
    text.remove_prefix(4);
  }
  return true;
}

}  // namespace coseal::detail
