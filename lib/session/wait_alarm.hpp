#pragma once
// How waits end by the clock: one alarm an owner, set to the earliest deadline; when it rings, a look through
// the owner's lists. All of it under the owner's mutex.

#include "session/wait_list.hpp"

#include <coseal/asio.hpp>
#include <coseal/clock.hpp>

#include <memory>
#include <optional>

namespace coseal {

class wait_alarm {
 public:
  /// Calls `rung` from `executor` at `when`, or earlier if that was asked for before; not after the owner has
  /// gone.
  template <typename Owner>
  void ring_by(clock::time_point when, Owner& owner, const asio::any_io_executor& executor,
               void (Owner::*rung)()) {
    if (when >= at_) return;
    at_ = when;
    if (!alarm_) alarm_ = owner.time().make_alarm(executor);
    alarm_->set(when, [weak = owner.weak_from_this(), rung] {
      if (const auto alive = weak.lock()) (static_cast<Owner&>(*alive).*rung)();
    });
  }
  /// It has rung: from now on every deadline is news.
  void has_rung() noexcept { at_ = clock::time_point::max(); }
  void cancel() noexcept {
    if (alarm_) alarm_->cancel();
  }
  /// The execution context goes away.
  std::unique_ptr<clock::alarm> release() noexcept { return std::move(alarm_); }

 private:
  std::unique_ptr<clock::alarm> alarm_;
  clock::time_point at_ = clock::time_point::max();
};

/// A look through lists for waits whose time is over.
class expiry {
 public:
  expiry(waiter_owner& owner, completions& done) : owner_(owner), done_(done), now_(owner.time().now()) {}

  void look_at(wait_list& list);
  /// Of a deadline that is no wait's. One that is not over yet counts for next().
  bool is_over(const std::optional<clock::time_point>& deadline) noexcept;
  /// The earliest that was seen and is not over; max() if none.
  clock::time_point next() const noexcept { return next_; }
  clock::time_point now() const noexcept { return now_; }

 private:
  waiter_owner& owner_;
  completions& done_;
  clock::time_point now_;
  clock::time_point next_ = clock::time_point::max();
};

}  // namespace coseal
