#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace coseal {

/// Checks UTF-8 as it comes, cut anywhere; fails at the first byte that no valid text can have there. No
/// overlong forms, no surrogates, nothing above U+10FFFF (RFC 3629 4).
class utf8_validator {
 public:
  [[nodiscard]] bool feed(std::span<const std::byte> bytes) noexcept;
  /// True unless a character is still incomplete.
  bool complete() const noexcept { return left_ == 0; }
  void reset() noexcept { *this = {}; }

 private:
  unsigned left_ = 0;                        // continuation bytes to come
  std::uint8_t least_ = 0x80, most_ = 0xbf;  // of the next one
};

}  // namespace coseal
