#include "bytes/utf8.hpp"

#include <cstring>

namespace coseal {

bool utf8_validator::feed(std::span<const std::byte> bytes) noexcept {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (left_ == 0) {
      // Eight ASCII characters at a time.
      std::uint64_t word = 0;
      while (bytes.size() - i >= sizeof word) {
        std::memcpy(&word, bytes.data() + i, sizeof word);
        if ((word & 0x8080808080808080U) != 0) break;
        i += sizeof word;
      }
      if (i == bytes.size()) return true;
    }
    const auto byte = std::to_integer<std::uint8_t>(bytes[i]);
    if (left_ != 0) {
      if (byte < least_ || byte > most_) return false;
      least_ = 0x80;
      most_ = 0xbf;
      --left_;
    } else if (byte >= 0x80) {
      if (byte < 0xc2 || byte > 0xf4) return false;
      left_ = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
      if (byte == 0xe0) least_ = 0xa0;  // else overlong
      if (byte == 0xed) most_ = 0x9f;   // else a surrogate
      if (byte == 0xf0) least_ = 0x90;  // else overlong
      if (byte == 0xf4) most_ = 0x8f;   // else above U+10FFFF
    }
  }
  return true;
}

}  // namespace coseal
