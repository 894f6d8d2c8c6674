#include "crypto/random.hpp"

#include <coseal/trace.hpp>

#include <algorithm>
#include <span>

namespace coseal {
namespace {

constexpr std::size_t length_of_version_0 = 55;

int hex_digit(char c) noexcept {  // lower case alone: the specification says so
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool read_hex(std::string_view text, std::span<std::byte> out) noexcept {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::byte>(high << 4 | low);
  }
  return true;
}

void append_hex_bytes(std::string& out, std::span<const std::byte> bytes) {
  for (const std::byte b : bytes) {
    out += "0123456789abcdef"[std::to_integer<unsigned>(b >> 4)];
    out += "0123456789abcdef"[std::to_integer<unsigned>(b & std::byte{15})];
  }
}

template <std::size_t N>
bool is_zero(const std::array<std::byte, N>& id) noexcept {
  return std::ranges::all_of(id, [](std::byte b) { return b == std::byte{0}; });
}

/// All zeros mean that there is none.
template <std::size_t N>
std::array<std::byte, N> random_id() noexcept {
  auto id = random_array<N>();
  while (is_zero(id)) id = random_array<N>();
  return id;
}

}  // namespace

std::string trace_context::traceparent() const {
  std::string out = "00-";
  append_hex_bytes(out, trace_id);
  out += '-';
  append_hex_bytes(out, span_id);
  out += '-';
  const std::byte passed_on[] = {static_cast<std::byte>(flags & known_trace_flags)};
  append_hex_bytes(out, passed_on);
  return out;
}

std::optional<trace_context> parse_traceparent(std::string_view field) noexcept {
  if (field.size() < length_of_version_0) return std::nullopt;
  if (field[2] != '-' || field[35] != '-' || field[52] != '-') return std::nullopt;
  std::array<std::byte, 1> version{}, flags{};
  trace_context read;
  if (!read_hex(field.substr(0, 2), version) || !read_hex(field.substr(3, 32), read.trace_id) ||
      !read_hex(field.substr(36, 16), read.span_id) || !read_hex(field.substr(53, 2), flags))
    return std::nullopt;
  if (version[0] == std::byte{0xff}) return std::nullopt;
  if (field.size() > length_of_version_0 && (version[0] == std::byte{0} || field[length_of_version_0] != '-'))
    return std::nullopt;
  if (is_zero(read.trace_id) || is_zero(read.span_id)) return std::nullopt;
  read.flags = std::to_integer<std::uint8_t>(flags[0]) & known_trace_flags;
  return read;
}

trace_context new_trace() {
  trace_context made;
  made.trace_id = random_id<16>();
  made.span_id = random_id<8>();
  made.flags = known_trace_flags;
  return made;
}

trace_context child_of(const trace_context& parent) {
  trace_context made = parent;
  made.span_id = random_id<8>();
  return made;
}

}  // namespace coseal
