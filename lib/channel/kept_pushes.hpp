#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace coseal {

/// A message that many connections share.
using shared_message = std::shared_ptr<const std::vector<std::byte>>;

struct waiting_push {
  shared_message message;
  std::size_t body = 0;
};

/// Pushes that were sent and not confirmed, numbered from 1 since the window began; within so many bytes and
/// so many, the oldest go first. Guarded by the connection's mutex.
class kept_pushes {
 public:
  kept_pushes(std::size_t most_bytes, std::size_t most) noexcept : most_bytes_(most_bytes), most_(most) {}

  void sent(waiting_push push) {
    bytes_ += push.message->size();
    pushes_.push_back(std::move(push));
    sent_ = first_ + pushes_.size() - 1;
    make_room(0, 0);
  }
  /// The last one did not leave after all.
  void take_back() {
    --sent_;
    if (pushes_.empty()) {  // it was too large to be kept
      --first_;
      return;
    }
    bytes_ -= pushes_.back().message->size();
    pushes_.pop_back();
  }
  /// The connector has all up to this. False: it can not.
  bool confirm(std::uint64_t number) {
    if (number > sent_) return false;
    while (!pushes_.empty() && first_ <= number) pop();
    return true;
  }
  /// Room for what waits, which is so much; false if it must give way itself.
  bool make_room(std::size_t waiting_bytes, std::size_t waiting) {
    const auto over = [&] {
      return bytes_ + waiting_bytes > most_bytes_ || pushes_.size() + waiting > most_;
    };
    while (!pushes_.empty() && over()) pop();
    return !over();
  }
  /// One that was never sent has given way: its number is used up. Only while nothing is kept.
  void skip() noexcept { ++first_; }

  struct missed {
    std::uint64_t all = 0;
    std::uint64_t sent = 0;  ///< of them, those that had been sent
  };
  /// What a connector that has all up to `number` will not get; none: it can not have it. What is left is for
  /// take_unconfirmed().
  std::optional<missed> go_on_from(std::uint64_t number) {
    if (!confirm(number)) return std::nullopt;
    missed gap;
    if (first_ - 1 > number) gap.all = first_ - 1 - number;
    const std::uint64_t sent_gone = std::min(first_ - 1, sent_);
    if (sent_gone > number) gap.sent = sent_gone - number;
    return gap;
  }
  /// In their order, to be sent anew under the numbers that they had.
  std::deque<waiting_push> take_unconfirmed() {
    bytes_ = 0;
    sent_ = first_ - 1;
    return std::exchange(pushes_, {});
  }

 private:
  void pop() {
    bytes_ -= pushes_.front().message->size();
    pushes_.pop_front();
    ++first_;
  }

  const std::size_t most_bytes_, most_;
  std::uint64_t first_ = 1;  // of what is kept, or the next
  std::uint64_t sent_ = 0;   // the last that was sent
  std::size_t bytes_ = 0;
  std::deque<waiting_push> pushes_;
};

}  // namespace coseal
