#pragma once
// The flow of items in one direction of a stream, seen from each end. Guarded by the owner's mutex.

#include "channel/call_message.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace coseal {

/// What the sender of items may still send. One item may overdraw it, so that items of any size pass.
class item_credit {
 public:
  static constexpr std::uint64_t largest_item = std::uint64_t{1} << 32;
  static constexpr std::uint64_t most_used = item_window + largest_item;

  bool open() const noexcept { return left_ > 0; }
  void spend(std::size_t item) noexcept { left_ -= static_cast<std::int64_t>(item + item_overhead); }
  /// The item was not sent after all.
  void refund(std::size_t item) noexcept { left_ += static_cast<std::int64_t>(item + item_overhead); }
  /// False if the receiver gives more than a window: it does not follow the protocol.
  bool grant(std::uint64_t more) noexcept {
    if (more > 2 * item_window + largest_item) return false;
    left_ += static_cast<std::int64_t>(more);
    return left_ <= static_cast<std::int64_t>(item_window);
  }
  /// What the receiver says that it has not granted again, at most most_used.
  void begin(std::uint64_t used) noexcept {
    left_ = static_cast<std::int64_t>(item_window) - static_cast<std::int64_t>(used);
  }

 private:
  std::int64_t left_ = item_window;
};

/// What has come and was not taken. Copies: a frame would keep the whole slab that it lies in.
class item_queue {
 public:
  bool empty() const noexcept { return items_.empty(); }
  /// False if the sender had no credit for it.
  bool put(std::span<const std::byte> item) {
    if (left_ <= 0) return false;
    left_ -= cost(item.size());
    items_.emplace_back(item.begin(), item.end());
    return true;
  }
  std::vector<std::byte> take() {
    std::vector<std::byte> item = std::move(items_.front());
    items_.pop_front();
    owed_ += cost(item.size());
    return item;
  }
  /// What to grant now: nothing, until half a window was taken.
  std::uint64_t grant() noexcept {
    if (owed_ < static_cast<std::int64_t>(item_window / 2)) return 0;
    left_ += owed_;
    return static_cast<std::uint64_t>(std::exchange(owed_, 0));
  }
  void clear() noexcept { items_.clear(); }
  /// What the sender has spent and was not granted again.
  std::uint64_t used() const noexcept {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(item_window) - left_);
  }
  /// For another sender, who has a whole window and is granted nothing for what lies here already.
  void begin_anew() noexcept {
    left_ = item_window;
    owed_ = 0;
    for (const auto& each : items_) owed_ -= cost(each.size());
  }

 private:
  static std::int64_t cost(std::size_t size) noexcept {
    return static_cast<std::int64_t>(size + item_overhead);
  }

  std::deque<std::vector<std::byte>> items_;
  std::int64_t left_ = item_window;  // what the sender may still send
  std::int64_t owed_ = 0;            // taken, and not granted anew yet
};

}  // namespace coseal
