#include "exchange/replay_guard.hpp"

#include "exchange/request_clock.hpp"

#include <coseal/error.hpp>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <string>

namespace coseal {
namespace {

using std::chrono::milliseconds;

/// Requests are forgotten by slots of the window's length. One that is 30 s in the future stays fresh for 60
/// s, so the slot that is running and the two before it stay.
std::int64_t slot_of(milliseconds time) noexcept {
  return time / request_window;
}
constexpr std::int64_t kept_slots = 3;

fingerprint_set::fingerprint fingerprint_of(const digest& request) noexcept {
  fingerprint_set::fingerprint one;
  std::memcpy(one.data(), request.data(), sizeof one);
  if (one[0] == 0 && one[1] == 0) one[1] = 1;
  return one;
}

class process_guard final : public replay_policy::guard {
 public:
  explicit process_guard(std::size_t most) : most_(most) {}

  bool promises(bool names_this_process) const noexcept override { return names_this_process; }
  task<result<bool>> insert(digest request, milliseconds, milliseconds now) override {
    co_return insert_now(fingerprint_of(request), slot_of(now));
  }

 private:
  result<bool> insert_now(const fingerprint_set::fingerprint& one, std::int64_t slot) {
    const std::lock_guard lock(mutex_);
    slot = latest_ = std::max(latest_, slot);  // whoever was held up before the lock brings no old time in
    std::size_t held = 0;
    for (auto& each : slots_) {
      if (each.number + kept_slots <= slot) each.seen.clear();
      if (each.seen.contains(one)) return false;
      held += each.seen.size();
    }
    if (held >= most_) return errc::busy;
    auto& mine = slots_[static_cast<std::size_t>(slot % kept_slots)];
    mine.number = slot;
    mine.seen.insert(one);
    return true;
  }

  struct slot_set {
    std::int64_t number = 0;
    fingerprint_set seen;
  };
  std::mutex mutex_;
  std::size_t most_;
  std::int64_t latest_ = 0;
  std::array<slot_set, kept_slots> slots_;
};

/// "replay/HASH" for as long as any process could find the request fresh.
class shared_guard final : public replay_policy::guard {
 public:
  explicit shared_guard(std::shared_ptr<storage> store) : store_(std::move(store)) {}

  bool promises(bool) const noexcept override { return true; }
  task<result<bool>> insert(digest request, milliseconds, milliseconds) override {
    co_return co_await store_->put_if_absent_for("replay/" + hex(request), {}, kept);
  }

 private:
  /// A request is fresh for two windows, from one before the time that it names. Four more are for processes
  /// whose clocks differ.
  static constexpr milliseconds kept = 6 * request_window;

  static std::string hex(const digest& bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::byte b : bytes) {
      text += digits[std::to_integer<std::size_t>(b >> 4)];
      text += digits[std::to_integer<std::size_t>(b & std::byte{15})];
    }
    return text;
  }

  std::shared_ptr<storage> store_;
};

class no_guard final : public replay_policy::guard {
 public:
  bool promises(bool) const noexcept override { return false; }
  task<result<bool>> insert(digest, milliseconds, milliseconds) override { co_return true; }
};

}  // namespace

bool fingerprint_set::contains(const fingerprint& one) const noexcept {
  if (slots_.empty()) return false;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = one[0] & mask;; at = (at + 1) & mask) {
    if (slots_[at] == one) return true;
    if (slots_[at] == fingerprint{}) return false;
  }
}

void fingerprint_set::insert(const fingerprint& one) {
  if (2 * (size_ + 1) > slots_.size()) {
    std::vector<fingerprint> old(std::max<std::size_t>(1024, 2 * slots_.size()));
    old.swap(slots_);
    for (const auto& each : old)
      if (each != fingerprint{}) place(each);
  }
  place(one);
  ++size_;
}

void fingerprint_set::place(const fingerprint& one) noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = one[0] & mask;
  while (slots_[at] != fingerprint{}) at = (at + 1) & mask;
  slots_[at] = one;
}

void fingerprint_set::clear() noexcept {
  if (size_ == 0) return;
  slots_ = {};
  size_ = 0;
}

replay_policy replay_policy::this_process(std::size_t most) {
  return replay_policy([most] { return std::make_shared<process_guard>(most); });
}

replay_policy replay_policy::shared(std::shared_ptr<storage> store) {
  return replay_policy([store = std::move(store)] { return std::make_shared<shared_guard>(store); });
}

replay_policy replay_policy::none() {
  return replay_policy([] { return std::make_shared<no_guard>(); });
}

}  // namespace coseal
