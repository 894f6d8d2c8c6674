#pragma once

#include <coseal/codec/base.hpp>

#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace coseal {

namespace detail {

/// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text) noexcept;

/// Bytes behind their number, as text and lists of one-byte numbers travel.
constexpr std::size_t sized_bytes_size(std::size_t n) noexcept {
  return varint_size(n) + n;
}
inline std::byte* write_sized_bytes(std::byte* at, const void* bytes, std::size_t n) noexcept {
  at = write_varint(at, n);
  if (n != 0) std::memcpy(at, bytes, n);
  return at + n;
}
inline bool read_sized_bytes(decoder& in, std::span<const std::byte>& out) noexcept {
  std::size_t n = 0;
  if (!in.count(n, 1, 1)) return false;
  out = {in.take(n), n};
  return true;
}

}  // namespace detail

/// UTF-8 behind its length in bytes.
template <>
struct codec<std::string> {
  static constexpr std::string_view name = "text";
  static constexpr std::size_t least = 1;

  static std::size_t size(const std::string& value) noexcept {
    return detail::sized_bytes_size(value.size());
  }
  static std::byte* write(std::byte* at, const std::string& value) noexcept {
    return detail::write_sized_bytes(at, value.data(), value.size());
  }
  static bool read(decoder& in, std::string& out) {
    std::span<const std::byte> bytes;
    if (!detail::read_sized_bytes(in, bytes)) return false;
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!detail::is_utf8(text)) return in.fail(value_errc::not_utf8);
    out = text;
    return true;
  }
  static void describe(description& out) { out.add(name); }
};

/// Bytes behind their number; base64 in JSON.
template <>
struct codec<std::vector<std::byte>> {
  static constexpr std::string_view name = "bytes";
  static constexpr std::size_t least = 1;

  static std::size_t size(const std::vector<std::byte>& value) noexcept {
    return detail::sized_bytes_size(value.size());
  }
  static std::byte* write(std::byte* at, const std::vector<std::byte>& value) noexcept {
    return detail::write_sized_bytes(at, value.data(), value.size());
  }
  static bool read(decoder& in, std::vector<std::byte>& out) {
    std::span<const std::byte> bytes;
    if (!detail::read_sized_bytes(in, bytes)) return false;
    out.assign(bytes.begin(), bytes.end());
    return true;
  }
  static void describe(description& out) { out.add(name); }
};

}  // namespace coseal
