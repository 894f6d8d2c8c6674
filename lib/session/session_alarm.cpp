// What a session does by the clock, with one alarm: deadlines, keepalive, dead peers, memory at rest; and the
// PING and PONG that belong to it.

#include "session/session_core.hpp"

#include <coseal/error.hpp>

#include <algorithm>

namespace coseal {

/// When this side must speak or should have heard something, at the earliest.
clock::time_point session::core::next_sign_of_life() const noexcept {
  auto when = clock::time_point::max();
  if (limits_->keepalive.count() != 0) when = last_sent_ + limits_->keepalive;
  if (peer_keepalive_.count() != 0) when = std::min(when, last_heard() + 3 * peer_keepalive_);
  return when;
}

void session::core::give_up(waiter& node, std::error_code error, completions& done) noexcept {
  if (node.list() == nullptr || node.list() == &held_back_) return;
  if (node.list() == &written_) {
    // Its bytes may be in a batch: they are copied before the caller may go.
    if (in_write_call_) {
      written_.remove(node);
      node.finish_with(error);
      held_back_.push(node);
      adopt_after_call_ = true;
      return;
    }
    out().adopt_borrowed();
  }
  done.add(node, error);
}

void session::core::note_deadline(clock::time_point when) {
  if (when < alarm_at_) set_alarm(when);
}

void session::core::set_alarm(clock::time_point when) {
  if (when >= alarm_at_) return;
  alarm_at_ = when;
  alarms_->set(when, *this);
}

/// Who has been quiet for a while does without what it can make anew.
void session::core::shed_memory(clock::time_point now, clock::time_point& next) noexcept {
  if (!awake_ || !established_ || pumping_) return;
  const auto quiet = std::max(last_sent_, in().last_heard()) + quiet_time;
  if (now < quiet) {
    next = std::min(next, quiet);
  } else {
    out().drop_expanded_key();
    in().drop_expanded_key();
  }
}

void session::core::on_alarm() {
  completions done(resume_by::dispatch);
  lock_type lock(mutex_);
  alarm_at_ = clock::time_point::max();
  listen_again_ = false;
  if (forked()) return;
  expiry look(*this, done);
  const auto now = look.now();
  if (lingering_) {
    if (now >= *awake().linger_until) return carrier_->close();
    return set_alarm(*awake().linger_until);
  }
  if (error_) return;
  if (!awake_ && now < next_sign_of_life()) {  // a deadline of who waits to receive, at most
    look.look_at(receivers_);
    if (const auto later = std::min(look.next(), next_sign_of_life()); later != clock::time_point::max())
      set_alarm(later);
    return;
  }
  for (wait_list* list : {&receivers_, &senders_, &written_, &pongs_, &accepters_, &closers_})
    look.look_at(*list);
  auto next = look.next();
  if (awake().handshake_deadline) {
    if (now >= *awake().handshake_deadline) return fail(lock, errc::handshake_timed_out, done, false);
    next = std::min(next, *awake().handshake_deadline);
  }
  if (established_ && accepted_ && limits_->keepalive.count() != 0 && close_ == close_state::open) {
    if (now - last_sent_ >= limits_->keepalive && !flushing_) {
      awake().ping_due = std::array<std::byte, 8>{};
      flush(lock, done);
    }
    const auto due = last_sent_ + limits_->keepalive;
    next = std::min(next, due > now ? due : now + limits_->keepalive);
  }
  const bool may_listen = established_ && (accepted_ || role_ == role::connector);
  if (may_listen && !pumping_ && !in().closed_by_peer()) {
    // Silence counts only while we listen: frames that the application has not taken stop us from hearing.
    background_read(lock, done);
    if (error_) return;
  }
  if (established_ && accepted_ && peer_keepalive_.count() != 0) {
    const bool busy = pumping_ || in().has_frames() || in().closed_by_peer();
    const auto silence_ends = in().last_heard() + 3 * peer_keepalive_;
    if (!busy && now >= silence_ends) return fail(lock, errc::peer_dead, done, false);
    next = std::min(next, busy ? now + 3 * peer_keepalive_ : silence_ends);
  }
  shed_memory(now, next);
  hibernate_when_idle(now, next);
  rest_again();
  if (next != clock::time_point::max()) set_alarm(next);
}

void session::core::on_ping(std::span<const std::byte, 8> opaque) {
  const lock_type lock(mutex_);
  constexpr std::size_t most_waiting = 8;
  if (error_ || awake().pongs_due.size() >= most_waiting) return;
  std::array<std::byte, 8> answer;
  std::ranges::copy(opaque, answer.begin());
  awake().pongs_due.push_back(answer);
  schedule_flush();
}

void session::core::on_pong(std::span<const std::byte, 8> opaque) {
  completions done(resume_by::post);
  const lock_type lock(mutex_);
  const std::uint64_t id = reader(opaque).u64();
  if (id < next_ping_) pong_seen_ = std::max(pong_seen_, id);
  for (waiter* node = pongs_.front(); node != nullptr;) {
    waiter* const next = wait_list::after(*node);
    if (node->goal <= pong_seen_) done.add(*node, {});
    node = next;
  }
}

}  // namespace coseal
