// The sending half of a session: frames are appended under the mutex, written without it. Whoever appends the
// byte that makes a batch worth a system call writes it at once; smaller batches leave at the end of the
// executor's turn.

#include "session/session_core.hpp"

#include <coseal/error.hpp>

#include <asio/error.hpp>
#include <asio/post.hpp>

namespace coseal {

std::error_code session::core::unsendable() const noexcept {
  if (error_) return error_;
  if (forked()) return errc::used_after_fork;
  if (send_error_) return send_error_;
  if (close_ != close_state::open) return errc::closed;
  return {};
}

std::error_code session::core::try_send(std::span<const std::byte> frame) {
  if (append_small(frame)) return {};
  completions done(resume_by::post);
  lock_type lock(mutex_);
  if (const auto error = unsendable()) return error;
  return append(lock, frame, outbound::bytes_stay::no, done);
}

std::error_code session::core::try_queue(std::span<const std::byte> frame) {
  const lock_type lock(mutex_);
  if (const auto error = unsendable()) return error;
  const auto appended = out_.append(frame, outbound::bytes_stay::no);
  if (appended.error() == errc::frame_too_large) return appended.error();
  schedule_flush();  // which makes room, and ends the session if that is what went wrong
  return appended && *appended == outbound::appended::yes ? std::error_code()
                                                          : std::error_code(asio::error::would_block);
}

/// Appends a frame; when the batch is full and nobody writes, writes it first.
std::error_code session::core::append(lock_type& lock, std::span<const std::byte> frame,
                                      outbound::bytes_stay stay, completions& done) {
  for (bool again = true;;) {
    const auto appended = out_.append(frame, stay);
    const auto error = after_append(lock, appended, done, again);
    if (error || !again) return error;
  }
}

std::error_code session::core::after_append(lock_type& lock, const result<outbound::appended>& appended,
                                            completions& done, bool& again) {
  if (!appended) {
    again = false;
    if (appended.error() != errc::frame_too_large) fail(lock, appended.error(), done, false);
    return appended.error();
  }
  if (*appended == outbound::appended::yes) {
    again = false;
    schedule_flush();
    return {};
  }
  if (flushing_ || !again) return again = false, asio::error::would_block;
  flush(lock, done);
  if (const auto error = unsendable()) return again = false, error;
  if (flushing_ && out_.full()) return again = false, asio::error::would_block;
  return {};
}

std::size_t session::core::try_send_some(std::span<const std::span<const std::byte>> frames,
                                         std::error_code& error) {
  completions done(resume_by::post);
  lock_type lock(mutex_);
  error = unsendable();
  std::size_t sent = 0;
  while (!error && sent < frames.size()) {
    if (const auto packed = out_.append_to_open_pack(frames.subspan(sent)); packed != 0) {
      sent += packed;
      continue;
    }
    error = append(lock, frames[sent], outbound::bytes_stay::no, done);
    if (!error) ++sent;
  }
  if (sent != 0) {
    error.clear();
    schedule_flush();
  }
  return sent;
}

task<result<void>> session::core::send(std::span<const std::byte> frame, operation_options options) {
  const wait_bounds bounds(options, *time_);
  for (;;) {
    std::error_code error;
    std::uint64_t goal = 0;
    {
      completions done(resume_by::post);
      lock_type lock(mutex_);
      error = unsendable();
      const bool borrows = !error && out_.borrows(frame.size());
      if (!error) error = append(lock, frame, outbound::bytes_stay::until_written, done);
      if (!error && borrows) {
        goal = *out_.seal_everything();
        flush(lock, done);
        if (goal <= out_.written_total()) goal = 0;
      }
    }
    if (!error && goal == 0) co_return result<void>();
    if (!error) co_return co_await wait_written(goal, bounds);
    if (error != asio::error::would_block) co_return error;
    const auto room = co_await wait_for_room(bounds);
    if (!room) co_return room;
  }
}

task<result<void>> session::core::send(frame_buffer frame, operation_options options) {
  const wait_bounds bounds(options, *time_);
  for (;;) {
    std::error_code error;
    {
      completions done(resume_by::post);
      lock_type lock(mutex_);
      error = unsendable();
      for (bool again = !error; again;) {
        const auto appended = out_.append(frame);
        error = after_append(lock, appended, done, again);
        if (error) break;
      }
    }
    if (!error) co_return result<void>();
    if (error != asio::error::would_block) co_return error;
    const auto room = co_await wait_for_room(bounds);
    if (!room) co_return room;
  }
}

task<result<std::size_t>> session::core::send_some(std::span<const std::span<const std::byte>> frames,
                                                   operation_options options) {
  if (frames.empty()) co_return std::size_t{0};
  const wait_bounds bounds(options, *time_);
  for (;;) {
    std::error_code error;
    std::size_t sent = 0;
    bool borrowed = false;
    std::uint64_t goal = 0;
    {
      completions done(resume_by::post);
      lock_type lock(mutex_);
      error = unsendable();
      while (!error && sent < frames.size()) {
        if (const auto packed = out_.append_to_open_pack(frames.subspan(sent)); packed != 0) {
          sent += packed;
          continue;
        }
        const bool borrows = out_.borrows(frames[sent].size());
        error = append(lock, frames[sent], outbound::bytes_stay::until_written, done);
        if (error) break;
        borrowed = borrowed || borrows;
        ++sent;
      }
      if (sent != 0 && !error_) schedule_flush();
      if (borrowed && !error_) {
        goal = *out_.seal_everything();
        flush(lock, done);
        if (goal <= out_.written_total()) goal = 0;
      }
    }
    if (sent != 0) {
      if (goal != 0)
        if (const auto written = co_await wait_written(goal, bounds); !written) co_return written.error();
      co_return sent;
    }
    if (error != asio::error::would_block) co_return error;
    if (const auto room = co_await wait_for_room(bounds); !room) co_return room.error();
  }
}

task<result<void>> session::core::wait_for_room(wait_bounds bounds) {
  const auto ready = [this](std::error_code& error) {
    error = unsendable();
    return error || !flushing_ || !out_.full();
  };
  const auto error = co_await wait(self(), senders_, std::move(bounds), 0, ready);
  if (error) co_return error;
  // A signal that came just now; Asio would throw at the next wait.
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) co_return errc::cancelled;
  co_return result<void>();
}

task<result<void>> session::core::wait_written(std::uint64_t goal, wait_bounds bounds) {
  const auto ready = [this, goal](std::error_code& error) {
    if (out_.written_total() >= goal) return true;
    error = error_ ? error_ : send_error_;
    if (!error || in_write_call_) return false;
    out_.adopt_borrowed();  // the last words may still be behind the caller's bytes
    return true;
  };
  const auto error = co_await wait(self(), written_, std::move(bounds), goal, ready);
  if (error) co_return error;
  co_return result<void>();
}

// --- flushing

void session::core::schedule_flush() {
  if (flushing_ || flush_scheduled_) return;
  flush_scheduled_ = true;
  turn_began_ = time_->now();
  asio::post(executor_, [alive = self()] {
    completions done(resume_by::dispatch);
    lock_type lock(alive->mutex_);
    alive->flush_scheduled_ = false;
    alive->flush(lock, done);
    if (!alive->flushing_) alive->out_.rest();
  });
}

/// A turn in which much else is done than sending: the peer need not wait for the end of it.
void session::core::flush_in_long_turn(lock_type& lock) {
  const auto now = time_->now();
  if (now - turn_began_ < long_turn) return;
  turn_began_ = now;
  completions done(resume_by::post);
  flush(lock, done);
  lock.unlock();
}

void session::core::flush(lock_type& lock, completions& done) {
  if (flushing_ || error_ || send_error_) return;
  if (forked()) return;
  flushing_ = true;
  continue_flush(lock, done, false);
}

/// Writes until nothing is queued, the carrier would block or fails. Called with the mutex, which it gives up
/// around the system calls; `flushing_` keeps everybody else out of the batch meanwhile.
void session::core::continue_flush(lock_type& lock, completions& done, bool writing) {
  for (;;) {
    if (!writing) {
      queue_control();
      const auto begun = out_.begin_write();
      if (!begun) {
        flushing_ = false;
        return fail(lock, begun.error(), done, false);
      }
      if (!*begun) break;
      done.add_all(senders_, {});
    }
    in_write_call_ = true;
    lock.unlock();
    const std::error_code error = write_out();
    lock.lock();
    in_write_call_ = false;
    if (adopt_after_call_ || (lingering_ && !written_.empty())) {
      adopt_after_call_ = false;
      if (!error_ || lingering_) out_.adopt_borrowed();
    }
    while (!held_back_.empty()) done.add_finished(*held_back_.front());
    if (error_ || send_error_) done.add_all(written_, error_ ? error_ : send_error_);
    if (error_ && !lingering_) {
      flushing_ = false;
      return;
    }
    if (error == asio::error::would_block) return carrier_->wait_writable(self());
    if (error) {
      flushing_ = false;
      return stop_sending(error, done);
    }
    last_sent_ = time_->now();
    bytes_sent_ += out_.writing().bytes();
    out_.end_write();
    complete_written(done);
    writing = false;
  }
  flushing_ = false;
  done.add_all(senders_, {});
  if (lingering_) carrier_->shutdown_send();
}

std::error_code session::core::write_out() noexcept {
  batch& writing = out_.writing();
  for (;;) {
    std::error_code error;
    const std::size_t n = carrier_->try_write_some(writing.unwritten(), error);
    if (error) return error;
    if (writing.written(n)) return {};
  }
}

void session::core::on_writable(std::error_code error) noexcept {
  completions done(resume_by::dispatch);
  lock_type lock(mutex_);
  if (!flushing_ || forked() || !carrier_) return;
  if (error_ && !lingering_) {
    flushing_ = false;
    return;
  }
  if (error) {
    flushing_ = false;
    return stop_sending(error, done);
  }
  continue_flush(lock, done, true);
  if (!flushing_) out_.rest();
}

/// What must not wait behind frames that are not sealed yet.
void session::core::queue_control() {
  // ACCEPT is the first that an acceptor says, also to one who asked by PING before it.
  if (!established_ || (role_ == role::acceptor && !accepted_)) return;
  const auto append_now = [this](content_type type, std::span<const std::byte> body) {
    const auto appended = out_.append_control(type, body);
    return appended && *appended == outbound::appended::yes;
  };
  while (!pongs_due_.empty() && append_now(content_type::pong, pongs_due_.front()))
    pongs_due_.erase(pongs_due_.begin());
  if (close_ != close_state::queued && ping_due_ && append_now(content_type::ping, *ping_due_))
    ping_due_.reset();
  if (close_ == close_state::wanted && !out_.in_fragments()) {
    const std::array<std::byte, 2> code{};  // close_code::done
    if (append_now(content_type::close, code)) close_ = close_state::queued;
  }
}

void session::core::complete_written(completions& done) {
  const auto total = out_.written_total();
  for (waiter* node = written_.front(); node != nullptr;) {
    waiter* const next = wait_list::after(*node);
    if (node->goal <= total) done.add(*node, {});
    node = next;
  }
}

/// The carrier takes no more. What the peer sent before may still be read: it may say why.
void session::core::stop_sending(std::error_code why, completions& done) {
  if (!send_error_) send_error_ = why;
  done.add_all(senders_, why);
  if (in_write_call_) {
    while (waiter* node = written_.pop()) {
      node->finish_with(why);
      held_back_.push(*node);
      adopt_after_call_ = true;
    }
  } else if (!written_.empty()) {
    out_.adopt_borrowed();
    done.add_all(written_, why);
  }
  if (!error_) arm_reading();
}

task<result<void>> session::core::drain(operation_options options) {
  const wait_bounds bounds(options, *time_);
  co_return co_await wait_drained(bounds);
}

task<result<void>> session::core::wait_drained(wait_bounds bounds) {
  std::uint64_t goal = 0;
  {
    completions done(resume_by::post);
    lock_type lock(mutex_);
    if (forked()) co_return errc::used_after_fork;
    if (error_ || send_error_) co_return error_ ? error_ : send_error_;
    const auto sealed = out_.seal_everything();
    if (!sealed) co_return sealed.error();
    goal = *sealed;
    flush(lock, done);
  }
  for (bool behind_close = false;;) {
    const auto written = co_await wait_written(goal, bounds);
    if (!written) co_return written;
    const lock_type lock(mutex_);
    // A frame in fragments, and a CLOSE behind it, have no end in the stream yet; each write brings it
    // nearer.
    if (out_.in_fragments() || close_ == close_state::wanted) {
      goal = out_.written_total() + 1;
      continue;
    }
    if (behind_close || close_ != close_state::queued) co_return result<void>();
    behind_close = true;
    const auto close_ends = out_.seal_everything();
    if (!close_ends) co_return close_ends.error();
    if (*close_ends <= out_.written_total()) co_return result<void>();
    goal = *close_ends;
  }
}

}  // namespace coseal
