#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace coseal {

/// Appends big-endian fields; the counterpart of reader.
class writer {
 public:
  void u8(std::uint8_t v) { number(v, 1); }
  void u16(std::uint16_t v) { number(v, 2); }
  void u32(std::uint32_t v) { number(v, 4); }
  void u64(std::uint64_t v) { number(v, 8); }
  void bytes(std::span<const std::byte> field) { out_.insert(out_.end(), field.begin(), field.end()); }
  void text(std::string_view field) { bytes(std::as_bytes(std::span(field))); }
  void vec8(std::span<const std::byte> field) {
    assert(field.size() <= 0xff);
    u8(static_cast<std::uint8_t>(field.size()));
    bytes(field);
  }
  void vec8(std::string_view field) { vec8(std::as_bytes(std::span(field))); }
  void vec16(std::span<const std::byte> field) {
    assert(field.size() <= 0xffff);
    u16(static_cast<std::uint16_t>(field.size()));
    bytes(field);
  }

  /// Room ahead: for secrets, which growing would leave behind in freed memory.
  void reserve(std::size_t n) { out_.reserve(n); }
  std::size_t size() const noexcept { return out_.size(); }
  std::span<const std::byte> view() const noexcept { return out_; }
  std::vector<std::byte> take() && noexcept { return std::move(out_); }

 private:
  void number(std::uint64_t v, int n) {
    for (int shift = 8 * (n - 1); shift >= 0; shift -= 8) out_.push_back(static_cast<std::byte>(v >> shift));
  }

  std::vector<std::byte> out_;
};

}  // namespace coseal
