#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace coseal {

/// Reads big-endian fields from untrusted bytes. A read past the end yields zeros or an empty span and makes
/// the reader fail for good, so that a parser reads straight through and asks once at the end.
class reader {
 public:
  explicit reader(std::span<const std::byte> input) noexcept : rest_(input) {}

  std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() noexcept { return number(8); }
  std::span<const std::byte> bytes(std::size_t n) noexcept {
    if (n > rest_.size()) {
      fail();
      return {};
    }
    const auto field = rest_.first(n);
    rest_ = rest_.subspan(n);
    return field;
  }
  template <std::size_t N>
  std::array<std::byte, N> array() noexcept {
    std::array<std::byte, N> out{};
    std::ranges::copy(bytes(N), out.begin());
    return out;
  }
  /// A field behind its own u8 or u16 length.
  std::span<const std::byte> vec8() noexcept { return bytes(u8()); }
  std::span<const std::byte> vec16() noexcept { return bytes(u16()); }
  std::span<const std::byte> remaining() noexcept { return bytes(rest_.size()); }

  std::size_t left() const noexcept { return rest_.size(); }
  bool failed() const noexcept { return failed_; }
  void fail() noexcept {
    failed_ = true;
    rest_ = {};
  }
  /// True if everything was there and nothing is left over.
  [[nodiscard]] bool complete() const noexcept { return !failed_ && rest_.empty(); }

 private:
  std::uint64_t number(std::size_t n) noexcept {
    std::uint64_t value = 0;
    for (std::byte b : bytes(n)) value = value << 8 | std::to_integer<std::uint64_t>(b);
    return value;
  }

  std::span<const std::byte> rest_;
  bool failed_ = false;
};

/// Bytes that are known to be text.
inline std::string as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace coseal
