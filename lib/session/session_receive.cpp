// The receiving half of a session: the coroutine that wants frames reads them itself; while none does, the
// event loop reads ahead by one record, so that PING, REKEY and CLOSE are heard.

#include "session/session_core.hpp"

#include <coseal/error.hpp>

#include <asio/error.hpp>
#include <asio/post.hpp>

namespace coseal {
namespace {

/// How long nobody may be reading before the event loop does.
constexpr auto patience_with_readers = std::chrono::milliseconds(10);
/// How many records of a peer that goes on talking after close() are dropped before others may run.
constexpr int most_drops_a_turn = 64;

}  // namespace

template <typename T, result<T> (inbound::*next)()>
task<result<T>> session::core::receive(operation_options options) {
  const wait_bounds bounds(options, *time_);
  {
    const lock_type lock(mutex_);
    if (forked()) co_return errc::used_after_fork;
    if (receiving_) co_return errc::already_receiving;
    receiving_ = true;
  }
  struct guard {
    core* session;
    ~guard() {
      const lock_type lock(session->mutex_);
      session->receiving_ = false;
      session->listen_later();
    }
  };
  const guard until_return{this};
  for (;;) {
    bool my_turn = true;
    {
      completions done(resume_by::post);
      lock_type lock(mutex_);
      // What this turn has queued, the answer to the last frame most likely, leaves before we look for the
      // next.
      if (!pumping_ && !in().has_frames() && !in().has_unread()) flush(lock, done);
      if (!pumping_) {
        if (error_ && !in().has_frames()) co_return error_;
        if (closing_) {
          background_read(lock, done);
          co_return errc::closed;
        }
        if (in().closed_by_peer() && !in().has_frames()) co_return errc::peer_closed;
        my_turn = !turn_is_over();
      }
      if (!pumping_ && my_turn) {
        pumping_ = true;
        readable_ = false;  // before reading: a readiness that comes later counts
        lock.unlock();
        auto got = (in().*next)();
        lock.lock();
        end_pump();
        if (got) co_return got;
        if (got.error() != asio::error::would_block) {
          end_of_reading(lock, got.error(), done);
          co_return error_ ? error_ : got.error();
        }
        in().rest();
        if (in().stopped_early())
          readable_ = true;
        else
          arm_reading();
        if (!flushing_) out().rest();
      }
    }
    // A signal that came between two waits; Asio would throw at the next one.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return errc::cancelled;
    const auto ready = [this, my_turn](std::error_code& error) {
      const bool frames = !pumping_ && in().has_frames();
      if (!frames) error = error_;
      return !my_turn || readable_ || error || frames;
    };
    const auto error = co_await wait(self(), receivers_, bounds, 0, ready);
    if (error) co_return error;
  }
}

template task<result<frame>> session::core::receive<frame, &inbound::next_frame>(operation_options);
template task<result<frame_batch>> session::core::receive<frame_batch, &inbound::next_frames>(
    operation_options);
template task<result<raw_record>> session::core::receive<raw_record, &inbound::next_handshake_record>(
    operation_options);

/// Whoever receives in a loop never leaves the executor while there is something to read: a peer that sends
/// faster than we take would keep everybody else, alarms included, from running.
bool session::core::turn_is_over() noexcept {
  constexpr std::uint64_t most_records = 256, most_bytes = 4U << 20;
  const std::uint64_t records = in().records(), bytes = in().bytes();
  if (records - awake().turn_records < most_records && bytes - awake().turn_bytes < most_bytes) return false;
  awake().turn_records = records;
  awake().turn_bytes = bytes;
  return true;
}

void session::core::read_later() {
  asio::post(executor_, [alive = self()] {
    completions done(resume_by::dispatch);
    lock_type lock(alive->mutex_);
    if (!alive->receiving_) alive->background_read(lock, done);
  });
}

/// Should the caller of receive be long in coming back, the peer's pings and its CLOSE are still heard.
void session::core::listen_later() noexcept {
  if (read_armed_ || listen_again_ || !established_ || error_) return;
  listen_again_ = true;
  note_deadline(time_->now() + patience_with_readers);
}

void session::core::arm_reading() {
  if (read_armed_ || !carrier_) return;
  if (pumping_) {  // the carrier is being read: no wait may begin
    arm_after_pump_ = true;
    return;
  }
  if (in().ended()) return;
  read_armed_ = true;
  carrier_->wait_readable(self());
  rest_soon();
}

void session::core::end_pump() {
  pumping_ = false;
  if (std::exchange(arm_after_pump_, false)) arm_reading();
}

void session::core::on_readable(std::error_code error) noexcept {
  completions done(resume_by::dispatch);
  lock_type lock(mutex_);
  read_armed_ = false;
  if (!carrier_) return;
  // In a child after fork() too: the wait keeps the carrier, whose end could be the connection's.
  const bool made_lean = std::exchange(lean_wait_, false) && error == asio::error::operation_aborted;
  if (made_lean && (!error_ || lingering_)) {
    if (awake_) return arm_reading();
    read_armed_ = true;
    return carrier_->wait_readable_at_rest(self());
  }
  if (forked()) return;
  if (lingering_) {
    if (error || pumping_) return carrier_->close();
    if (in().discard()) return carrier_->close();
    return arm_reading();
  }
  if (error_ || error == asio::error::operation_aborted) return;
  readable_ = true;
  const bool rested = !awake_ || drowsy_;
  if (receivers_.front() != nullptr && !rested) return done.add(*receivers_.front(), {});
  // A PING wakes no coroutine.
  if (!receiving_ || receivers_.front() != nullptr) background_read(lock, done);
  rest_again();
}

/// Reads for a session that nobody receives from, until it has frames that somebody must take.
void session::core::background_read(lock_type& lock, completions& done) {
  if (!established_ || pumping_ || error_ || forked() || in().ended()) return;
  for (int dropped = 0;; ++dropped) {
    if (closing_) in().drop_frames();
    if (in().has_frames()) break;
    if (dropped == most_drops_a_turn) {
      asio::post(executor_, [alive = self()] {
        completions then(resume_by::dispatch);
        lock_type again(alive->mutex_);
        alive->background_read(again, then);
      });
      return;
    }
    pumping_ = true;
    readable_ = false;
    lock.unlock();
    const std::error_code error = in().fill();
    lock.lock();
    end_pump();
    if (!error && closing_) continue;
    if (!error) break;
    if (error != asio::error::would_block) return end_of_reading(lock, error, done);
    if (error_) return;
    if (in().stopped_early()) {
      readable_ = true;
      if (receivers_.front() != nullptr) return done.add(*receivers_.front(), {});
      return read_later();
    }
    in().rest();
    return arm_reading();
  }
  if (receivers_.front() != nullptr) done.add(*receivers_.front(), {});
  tell_receivable();
}

void session::core::when_receivable(std::function<void()> then) {
  std::function<void()> replaced;
  completions done(resume_by::post);
  lock_type lock(mutex_);
  replaced = std::exchange(receivable_told_, std::move(then));
  if (awake_ && !error_) background_read(lock, done);
  if (error_ || closing_ || forked() || (awake_ && !pumping_ && (in().has_frames() || in().closed_by_peer())))
    return tell_receivable();
  rest_if_due();
}

void session::core::tell_receivable() {
  if (!receivable_told_) return;
  asio::post(executor_, [alive = self(), told = std::exchange(receivable_told_, nullptr)] {
    {
      const lock_type lock(alive->mutex_);
      if (alive->released_) return;  // whom it would tell may have gone with the session
    }
    told();
  });
}

void session::core::end_of_reading(lock_type& lock, std::error_code error, completions& done) {
  if (error == errc::peer_closed) {
    done.add_all(closers_, {});
    done.add_all(receivers_, errc::peer_closed);
    tell_receivable();
    done.add_all(pongs_, errc::peer_closed);
    return arm_reading();
  }
  // A carrier that failed for writing first and then for reading failed once: the first error says it better,
  // unless the peer told us why.
  if (send_error_ && (error == errc::truncated || error == condition::transport)) error = send_error_;
  fail(lock, error, done, true);
}

task<result<void>> session::core::shutdown_send(operation_options options) {
  const wait_bounds bounds(options, *time_);
  co_return co_await wait_shut_down(bounds);
}

task<result<void>> session::core::wait_shut_down(wait_bounds bounds) {
  {
    completions done(resume_by::post);
    lock_type lock(mutex_);
    if (forked()) co_return errc::used_after_fork;
    if (error_) co_return error_;
    if (send_error_) co_return send_error_;
    if (close_ == close_state::open) close_ = close_state::wanted;
    flush(lock, done);
  }
  co_return co_await wait_drained(std::move(bounds));
}

task<result<void>> session::core::close(operation_options options) {
  if (!forked() && failure() == errc::closed) co_return result<void>();
  wait_bounds bounds(options, *time_);
  const auto sent = co_await wait_shut_down(bounds);
  if (!sent) co_return sent;
  {
    completions done(resume_by::post);
    lock_type lock(mutex_);
    closing_ = true;
    done.add_all(receivers_, errc::closed);
    tell_receivable();
    background_read(lock, done);
  }
  const auto latest = time_->now() + limits_->close;
  if (!bounds.deadline || *bounds.deadline > latest) bounds.deadline = latest;
  const auto ready = [this](std::error_code& error) {
    error = error_;
    return error || (!pumping_ && in().closed_by_peer());
  };
  const auto error = co_await wait(self(), closers_, std::move(bounds), 0, ready);
  completions done(resume_by::post);
  lock_type lock(mutex_);
  if (error && error_) co_return error;
  if (error == errc::cancelled) co_return error;
  fail(lock, errc::closed, done, false);
  if (error) co_return error;
  co_return result<void>();
}

task<result<clock::duration>> session::core::ping(operation_options options) {
  const wait_bounds bounds(options, *time_);
  std::uint64_t id = 0;
  clock::time_point start;
  for (bool queued = false; !queued;) {
    std::uint64_t next_write = 0;
    {
      completions done(resume_by::post);
      lock_type lock(mutex_);
      if (const auto error = unsendable()) co_return error;
      if (id == 0) id = next_ping_++;
      start = time_->now();
      writer body;
      body.u64(id);
      const auto appended = out().append_control(content_type::ping, body.view());
      if (!appended) co_return appended.error();
      queued = *appended == outbound::appended::yes;
      next_write = out().written_total() + 1;
      flush(lock, done);
      if (queued && !receiving_) background_read(lock, done);
    }
    if (queued) break;
    const auto room = co_await wait_written(next_write, bounds);
    if (!room) co_return room.error();
  }
  const auto ready = [this, id](std::error_code& error) {
    if (pong_seen_ >= id) return true;
    error = error_;
    return static_cast<bool>(error);
  };
  const auto error = co_await wait(self(), pongs_, bounds, id, ready);
  if (error) co_return error;
  co_return time_->now() - start;
}

}  // namespace coseal
