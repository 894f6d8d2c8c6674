#pragma once

#include "channel/call_message.hpp"

#include <coseal/payload.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace coseal {

/// The last message of each place of a connection, until the place is used again, which proves that it has
/// arrived; within so many bytes, the oldest go first. Guarded by the connection's mutex.
class kept_answers {
 public:
  explicit kept_answers(std::size_t most_bytes) noexcept : most_bytes_(most_bytes) {}

  void keep(std::size_t place, const message_head& head, const payload& body) {
    if (place >= answers_.size()) answers_.resize(place + 1);
    forget(place);
    const std::size_t size = head.bytes().size() + body.size();
    if (size > most_bytes_) return;
    while (bytes_ + size > most_bytes_) forget(oldest());
    answer& mine = answers_[place];
    mine.message.resize(size);
    std::ranges::copy(head.bytes(), mine.message.begin());
    body.write_to(mine.message.data() + head.bytes().size());
    mine.number = ++last_number_;
    bytes_ += size;
  }
  /// Memory of the size that it had is kept for the next.
  void forget(std::size_t place) noexcept {
    if (place >= answers_.size()) return;
    answer& was = answers_[place];
    bytes_ -= was.message.size();
    if (was.message.capacity() > most_spare) was.message = {};
    was.message.clear();
  }
  /// Empty: it was not kept.
  const std::vector<std::byte>& at(std::size_t place) const noexcept {
    static const std::vector<std::byte> none;
    return place < answers_.size() ? answers_[place].message : none;
  }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  static constexpr std::size_t most_spare = 256;

  struct answer {
    std::vector<std::byte> message;
    std::uint64_t number = 0;
  };
  /// While any is kept.
  std::size_t oldest() const noexcept {
    std::size_t found = answers_.size();
    for (std::size_t i = 0; i < answers_.size(); ++i)
      if (!answers_[i].message.empty() &&
          (found == answers_.size() || answers_[i].number < answers_[found].number))
        found = i;
    return found;
  }

  const std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::uint64_t last_number_ = 0;
  std::vector<answer> answers_;
};

}  // namespace coseal
