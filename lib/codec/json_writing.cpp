#include <coseal/codec/text.hpp>
#include <coseal/error.hpp>
#include <coseal/json/writing.hpp>

#include <array>
#include <charconv>
#include <cmath>

namespace coseal::detail {
namespace {

/// What stands behind the backslash, or 0 for what needs none.
constexpr std::array<char, 256> escapes = [] {
  std::array<char, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}();

template <class Number>
void append_number(std::string& out, Number value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  out.append(text.data(), end);
}

template <class Number>
void append_float(std::string& out, Number value) {
  if (!std::isfinite(value)) throw error(value_errc::no_json_form);
  append_number(out, value);
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  if (!is_utf8(text)) throw error(value_errc::not_utf8);
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const char escape = escapes[byte];
    if (escape == 0) continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    out += '\\';
    out += escape;
    if (escape != 'u') continue;
    out += "00";
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  out.append(text, plain);
  out += '"';
}

void append_json_number(std::string& out, std::uint64_t value) {
  append_number(out, value);
}
void append_json_number(std::string& out, std::int64_t value) {
  append_number(out, value);
}
void append_json_number(std::string& out, double value) {
  append_float(out, value);
}
void append_json_number(std::string& out, float value) {
  append_float(out, value);
}

}  // namespace coseal::detail
