// How a session ends: failure, farewell, abort, release, and the execution context going away.

#include "session/session_core.hpp"

#include <coseal/error.hpp>

#include <asio/post.hpp>

#include <utility>

namespace coseal {
namespace {

constexpr auto linger_time = std::chrono::seconds(1);

/// Errors that the peer should hear about: it, or somebody between, sent what it must not. Who speaks another
/// protocol hears nothing.
bool deserves_farewell(std::error_code error) noexcept {
  if (error == errc::not_coseal) return false;
  return error == condition::malformed || error == condition::peer_misbehaved ||
         error == condition::incompatible || error == condition::refused;
}

}  // namespace

void session::core::fail(lock_type& lock, std::error_code why, completions& done, bool farewell) {
  if (error_) return;
  const bool may_speak = established_ && (accepted_ || role_ == role::connector);
  const bool say = farewell && may_speak && !forked() && deserves_farewell(why);
  if (say && !send_error_ && close_ != close_state::queued && !out().in_fragments()) {
    const std::array<std::byte, 2> code = {std::byte{0}, static_cast<std::byte>(close_code::peer_error)};
    if (out().append_control(content_type::close, code)) flush(lock, done);
    if (error_) return;
  }
  error_ = why;
  tell_lost(why);
  if (end_told_) asio::post(executor_, [told = std::exchange(end_told_, nullptr), why] { told(why); });
  stop_sending(why, done);
  done.add_all(receivers_, why);
  tell_receivable();
  done.add_all(pongs_, why);
  done.add_all(accepters_, why);
  done.add_all(closers_, why);
  if (farewell && deserves_farewell(why)) {
    start_linger(lock);
  } else {
    alarms_->cancel(*this);
    carrier_->close();
  }
}

void session::core::tell_end(std::function<void(std::error_code)> call) {
  const lock_type lock(mutex_);
  if (!error_)
    end_told_ = std::move(call);
  else
    asio::post(executor_, [told = std::move(call), why = error_] { told(why); });
}

void session::core::start_linger(lock_type&) {
  if (lingering_) return;
  lingering_ = true;
  // Closing with unread bytes would reset the connection and could take our last words with it.
  if (!flushing_) carrier_->shutdown_send();
  awake().linger_until = time_->now() + linger_time;
  if (!flushing_ && !pumping_ && in().ended()) return carrier_->close();  // nobody there, nothing unread
  set_alarm(*awake().linger_until);
  arm_reading();
}

void session::core::abort() noexcept {
  completions done(resume_by::post);
  lock_type lock(mutex_);
  if (forked()) return;
  fail(lock, errc::cancelled, done, false);
}

void session::core::give_way(std::error_code why) noexcept {
  completions done(resume_by::post);
  lock_type lock(mutex_);
  if (!forked()) fail(lock, why, done, false);
}

void session::core::reject(std::error_code why) noexcept {
  completions done(resume_by::post);
  lock_type lock(mutex_);
  if (!forked()) fail(lock, why, done, true);
}

void session::core::release() noexcept {
  std::function<void()> dropped;
  completions done(resume_by::post);
  lock_type lock(mutex_);
  if (forked()) return;
  released_ = true;
  dropped.swap(receivable_told_);
  if (error_) return;
  if (awake_ && !pumping_ && in().closed_by_peer() && !send_error_) {
    if (close_ == close_state::open) close_ = close_state::wanted;
    flush(lock, done);
    if (error_) return;
    error_ = errc::closed;
    tell_lost(error_);
    for (wait_list* list : {&receivers_, &pongs_, &accepters_, &closers_})
      done.add_all(*list, errc::cancelled);
    start_linger(lock);
    return;
  }
  fail(lock, errc::cancelled, done, false);
}

void session::core::on_context_shutdown() noexcept {
  wait_list doomed;
  std::function<void()> dropped;
  std::unique_ptr<duplex_carrier> carrier;  // it lives on the context, and may hold us
  {
    const lock_type lock(mutex_);
    if (!error_) error_ = errc::cancelled;
    awake();  // for good: it can not be done without a carrier
    carrier = std::move(carrier_);
    dropped.swap(receivable_told_);
    for (wait_list* list : {&receivers_, &senders_, &written_, &held_back_, &pongs_, &accepters_, &closers_})
      while (waiter* node = list->pop()) doomed.push(*node);
    alarms_->cancel(*this);
  }
  while (waiter* node = doomed.pop()) node->destroy();
  if (carrier) carrier->close();
}

}  // namespace coseal
