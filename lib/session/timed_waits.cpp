#include "session/timed_waits.hpp"

#include <coseal/error.hpp>

#include <algorithm>

namespace coseal {

void timed_waits::note_deadline(clock::time_point when) {
  if (when >= alarm_at_) return;
  alarm_at_ = when;
  if (!alarm_) alarm_ = time_->make_alarm(executor_);
  alarm_->set(when, [weak = weak_from_this()] {
    if (const auto alive = weak.lock()) static_cast<timed_waits&>(*alive).on_alarm();
  });
}

void timed_waits::on_context_shutdown() noexcept {
  wait_list doomed;
  std::unique_ptr<clock::alarm> alarm;
  {
    const std::lock_guard lock(mutex_);
    while (waiter* node = waiting_.pop()) doomed.push(*node);
    alarm = std::move(alarm_);
  }
  while (waiter* node = doomed.pop()) node->destroy();
}

void timed_waits::on_alarm() {
  completions done(resume_by::dispatch);
  const std::lock_guard lock(mutex_);
  alarm_at_ = clock::time_point::max();
  const auto now = time_->now();
  auto next = clock::time_point::max();
  for (waiter* node = waiting_.front(); node != nullptr;) {
    waiter* const following = wait_list::after(*node);
    if (node->deadline && *node->deadline <= now)
      done.add(*node, errc::timed_out);
    else if (node->deadline)
      next = std::min(next, *node->deadline);
    node = following;
  }
  if (next != clock::time_point::max()) note_deadline(next);
}

}  // namespace coseal
