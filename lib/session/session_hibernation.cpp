// Hibernation in place: a session that is idle keeps its secrets, its exact counters and a wait for bytes
// that needs no memory; whoever touches it, a byte or a frame to send, wakes it.

#include "session/hibernate_at_once.hpp"
#include "session/session_core.hpp"

#include <asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <new>

namespace coseal {
namespace {

std::atomic<bool> at_once = false;

}  // namespace

void hibernate_at_once_for_testing(bool on) noexcept {
  at_once = on;
}

void session::core::wake_up() {
  awake_ = std::make_unique<working_memory>(*limits_, *carrier_, *time_, static_cast<control_sink&>(*this));
  awake_->wake(std::move(*at_rest_));
  at_rest_.reset();
  drowsy_ = true;
  note_deadline(time_->now() + quiet_time);
}

/// Nothing under way and nobody who waits, but for the one who waits to receive.
bool session::core::may_hibernate() const noexcept {
  if (!awake_ || !established_ || !accepted_ || error_ || send_error_ || forked()) return false;
  if (close_ != close_state::open || closing_ || flushing_ || flush_scheduled_ || pumping_ || !read_armed_)
    return false;
  if (receiving_ && receivers_.empty()) return false;
  for (const wait_list* list : {&senders_, &written_, &held_back_, &pongs_, &accepters_, &closers_})
    if (!list->empty()) return false;
  return awake_->may_rest();
}

void session::core::hibernate() {
  try {
    // `new` has its memory before rest() moves the secrets out.
    at_rest_.reset(new resting_memory(awake_->rest()));
  } catch (const std::bad_alloc&) {
    return;  // no memory to save memory with
  }
  frames_at_rest_ = at_rest_->out.frames + at_rest_->in.frames;
  awake_.reset();
  drowsy_ = false;
  free_node_memory();
  slab::shed(2);  // what it may have used: fewer are needed now
  if (!lean_wait_ && carrier_->rest()) lean_wait_ = true;
  auto next = next_sign_of_life();
  for (const waiter* node = receivers_.front(); node != nullptr; node = wait_list::after(*node))
    if (node->deadline) next = std::min(next, *node->deadline);
  alarm_at_ = clock::time_point::max();
  if (next == clock::time_point::max())
    alarms_->cancel(*this);
  else
    set_alarm(next);
}

/// When the time has come; by the alarm.
void session::core::hibernate_when_idle(clock::time_point now, clock::time_point& next) {
  if (limits_->hibernate.count() == 0 || !awake_ || !established_ || !accepted_ || pumping_) return;
  if (const auto frames = awake_->frames(); frames != frames_seen_) {
    frames_seen_ = frames;
    idle_since_ = std::max(last_sent_, awake_->in.last_heard());
  }
  const auto due = idle_since_ + limits_->hibernate;
  if (now < due)
    next = std::min(next, due);
  else if (may_hibernate())
    hibernate();
  else
    next = std::min(next, now + quiet_time);
}

/// The one who received has gone, and nothing has come for long.
void session::core::rest_if_due() {
  auto ignored = clock::time_point::max();
  hibernate_when_idle(time_->now(), ignored);
  rest_soon();
}

/// After a PING, say: who was woken for no frame goes on hibernating.
void session::core::rest_again() {
  if (!awake_ || pumping_) return;
  if (at_once) {
    if (may_hibernate()) hibernate();
    return;
  }
  if (!drowsy_) return;
  if (awake_->frames() != frames_at_rest_)
    drowsy_ = false;
  else if (may_hibernate())
    hibernate();
}

void session::core::rest_soon() {
  if (!at_once) return;
  asio::post(executor_, [weak = std::weak_ptr<core>(self())] {
    const auto alive = weak.lock();
    if (!alive) return;
    const lock_type lock(alive->mutex_);
    alive->rest_again();
  });
}

bool session::core::hibernate_now() noexcept {
  completions done(resume_by::post);
  lock_type lock(mutex_);
  if (awake_ && accepted_ && !receiving_ && !read_armed_) background_read(lock, done);
  if (may_hibernate()) hibernate();
  return !awake_;
}

clock::time_point session::core::last_heard() const noexcept {
  return awake_ ? awake_->in.last_heard() : at_rest_->in.last_heard;
}

session_info session::core::facts() const {
  return awake_ ? awake_->info : at_rest_->facts.unpack();
}

traffic_counters session::core::counters() const noexcept {
  traffic_counters now;
  if (awake_) {
    now.send_epoch = awake_->out.epoch();
    now.receive_epoch = awake_->in.epoch();
    now.records_sent = awake_->out.records();
    now.records_received = awake_->in.records();
    now.bytes_received = awake_->in.bytes();
    now.frames_sent = awake_->out.frames();
    now.frames_received = awake_->in.frames();
  } else {
    const auto& out = at_rest_->out;
    const auto& in = at_rest_->in;
    now.send_epoch = out.protection->epoch();
    now.receive_epoch = in.protection->epoch();
    now.records_sent = out.records;
    now.records_received = in.records;
    now.bytes_received = in.bytes;
    now.frames_sent = out.frames;
    now.frames_received = in.frames;
  }
  return now;
}

}  // namespace coseal
