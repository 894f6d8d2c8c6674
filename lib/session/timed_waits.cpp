#include "session/timed_waits.hpp"

namespace coseal {

void timed_waits::note_deadline(clock::time_point when) {
  alarm_.ring_by(when, *this, executor_, &timed_waits::on_alarm);
}

void timed_waits::on_context_shutdown() noexcept {
  wait_list doomed;
  std::unique_ptr<clock::alarm> alarm;
  {
    const std::lock_guard lock(mutex_);
    while (waiter* node = waiting_.pop()) doomed.push(*node);
    alarm = alarm_.release();
  }
  while (waiter* node = doomed.pop()) node->destroy();
}

void timed_waits::on_alarm() {
  completions done(resume_by::dispatch);
  const std::lock_guard lock(mutex_);
  alarm_.has_rung();
  expiry look(*this, done);
  look.look_at(waiting_);
  note_deadline(look.next());
}

}  // namespace coseal
