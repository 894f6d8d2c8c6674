#pragma once

#include "crypto/secret.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace coseal {

/// Makes one span of two for backends that take their associated data in one piece. Pieces that already stand
/// one behind the other, as a record's header and content do, are not copied.
class joined_pieces {
 public:
  joined_pieces() = default;
  joined_pieces(const joined_pieces&) = delete;
  joined_pieces& operator=(const joined_pieces&) = delete;
  ~joined_pieces() { wipe(scratch_); }

  /// Valid until the next call, and as long as both pieces.
  std::span<const std::byte> join(std::span<const std::byte> a, std::span<const std::byte> b) {
    if (a.empty()) return b;
    if (b.empty()) return a;
    if (a.data() + a.size() == b.data()) return {a.data(), a.size() + b.size()};
    const auto size = a.size() + b.size();
    if (scratch_.size() < size) {
      wipe(scratch_);
      scratch_.clear();
      scratch_.resize(size);
    }
    std::ranges::copy(b, std::ranges::copy(a, scratch_.begin()).out);
    return std::span(scratch_).first(size);
  }

 private:
  std::vector<std::byte> scratch_;
};

}  // namespace coseal
