#include "websocket/frame_header.hpp"

#include "websocket/close_code.hpp"

#include <algorithm>

namespace coseal::websocket {
namespace {

constexpr std::uint8_t fin_bit = 0x80, reserved_bits = 0x70, opcode_bits = 0x0f;
constexpr std::uint8_t mask_bit = 0x80, length_bits = 0x7f;
constexpr std::uint8_t length_in_16 = 126, length_in_64 = 127;

std::size_t extended_bytes(std::uint8_t length) noexcept {
  if (length == length_in_16) return 2;
  return length == length_in_64 ? 8 : 0;
}

bool is_defined(std::uint8_t code) noexcept {
  return code <= 0x2 || (code >= 0x8 && code <= 0xa);
}

}  // namespace

std::size_t frame_header::size_of(std::span<const std::byte> start) noexcept {
  if (start.size() < 2) return 2;
  const auto second = std::to_integer<std::uint8_t>(start[1]);
  return 2 + extended_bytes(second & length_bits) + ((second & mask_bit) != 0 ? sizeof(masking_key) : 0);
}

result<frame_header> frame_header::parse(std::span<const std::byte> bytes) noexcept {
  const auto first = std::to_integer<std::uint8_t>(bytes[0]),
             second = std::to_integer<std::uint8_t>(bytes[1]);
  frame_header header;
  header.fin = (first & fin_bit) != 0;
  header.code = static_cast<opcode>(first & opcode_bits);
  if ((first & reserved_bits) != 0 || !is_defined(first & opcode_bits)) return close_code::protocol_error;

  const std::size_t extended = extended_bytes(second & length_bits);
  std::size_t at = 2;
  if (extended == 0) header.length = second & length_bits;
  for (const std::size_t end = at + extended; at < end; ++at)
    header.length = header.length << 8 | std::to_integer<std::uint64_t>(bytes[at]);
  if (extended == 2 && header.length < length_in_16) return close_code::protocol_error;
  if (extended == 8 && (header.length <= 0xffff || header.length >> 63 != 0))
    return close_code::protocol_error;
  if (is_control(header.code) && (!header.fin || extended != 0)) return close_code::protocol_error;

  if ((second & mask_bit) != 0) {
    masking_key key;
    std::ranges::copy(bytes.subspan(at, key.size()), key.begin());
    header.mask = key;
  }
  return header;
}

std::size_t frame_header::write(std::span<std::byte, largest> out) const noexcept {
  const std::uint8_t masked = mask ? mask_bit : 0;
  std::size_t extended = 0;
  std::uint8_t short_length = static_cast<std::uint8_t>(length & length_bits);
  if (length > 0xffff) {
    extended = 8;
    short_length = length_in_64;
  } else if (length >= length_in_16) {
    extended = 2;
    short_length = length_in_16;
  }
  out[0] = static_cast<std::byte>((fin ? fin_bit : 0) | static_cast<std::uint8_t>(code));
  out[1] = static_cast<std::byte>(masked | short_length);
  std::size_t at = 2;
  for (std::size_t i = extended; i-- > 0;) out[at++] = static_cast<std::byte>(length >> (8 * i) & 0xff);
  if (mask) {
    std::ranges::copy(*mask, out.begin() + static_cast<std::ptrdiff_t>(at));
    at += mask->size();
  }
  return at;
}

}  // namespace coseal::websocket
