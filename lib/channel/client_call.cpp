// Calls as their callers see them: an id, a message, a wait, exactly one end.

#include "channel/client_core.hpp"
#include "channel/message_send.hpp"

#include <coseal/error.hpp>

#include <asio/error.hpp>

#include <algorithm>

namespace coseal {
namespace {

call_end not_sent(std::error_code why, std::string text = {}) {
  return {call_outcome::not_sent, why, std::move(text)};
}

/// A signal that has come already: Asio would throw at the next await of a coroutine.
bool was_cancelled(const asio::cancellation_state& state) noexcept {
  return state.cancelled() != asio::cancellation_type::none;
}

}  // namespace

pending_call::~pending_call() {
  client->leave(*this);
}

wait_bounds client_core::bounds_of(const call_options& options) const {
  wait_bounds bounds;
  bounds.token = options.token();
  bounds.deadline = settings_.connecting.time()->now() + options.duration();
  return bounds;
}

operation_options client_core::left_of(const wait_bounds& bounds) {
  operation_options options;
  if (bounds.deadline) options.within(std::max(*bounds.deadline - time().now(), clock::duration(1)));
  options.stop(bounds.token);
  return options;
}

std::error_code client_core::unusable() const noexcept {
  if (closed_) return errc::closed;
  return refused_;
}

/// Under the mutex: gives the call an id on the connection, if there is one with room.
bool client_core::enter(pending_call& call) {
  if (closed_ || !current_ || !current_->usable() || !current_->has_free_id()) return false;
  call.on = current_;
  call.id = current_->take_id(call);
  call.done = false;
  return true;
}

/// Under the mutex: nothing of the call was sent.
void client_core::retract(pending_call& call) noexcept {
  if (call.on && !call.on->lost && call.on->in_use(call.id) && call.on->call(call.id) == &call)
    call.on->free_id(call.id);
  call.on.reset();
  call.done = call.lost = call.ask_again = false;
}

void client_core::leave(pending_call& call) noexcept {
  const lock_type lock(mutex_);
  const auto on = std::move(call.on);
  call.ask_again = false;
  if (!on || call.done || on->lost) return;
  on->abandon(call.id);
  if (!on->speaks()) return;  // said when it goes on
  try {
    post_message(on->over, message_head::cancel(call.id));
  } catch (...) {  // no memory: the peer learns it when the connection ends
  }
}

/// Under the mutex: the connection gets no more calls; the one that follows it will.
void client_core::set_aside(client_connection& connection) noexcept {
  connection.draining = true;
}

message_head client_core::head_of(const pending_call& call, std::uint64_t position,
                                  const wait_bounds& bounds) const {
  std::uint64_t left = 0;
  if (bounds.deadline) {
    const auto ms =
        std::chrono::ceil<std::chrono::milliseconds>(*bounds.deadline - settings_.connecting.time()->now());
    left = static_cast<std::uint64_t>(
        std::clamp<std::int64_t>(ms.count(), 1, static_cast<std::int64_t>(longest_deadline)));
  }
  return message_head::call(call.id, position, left, call.takes_items, call.trace);
}

/// The fast way: there is a connection, an id and room. Otherwise the call has an id or not, and nothing was
/// sent.
bool client_core::start_at_once(pending_call& call, std::uint64_t position, const payload& body,
                                const wait_bounds& bounds) {
  std::shared_ptr<session> over;
  {
    const lock_type lock(mutex_);
    if (waiting_.front() != nullptr || !enter(call)) return false;
    over = call.on->over;
  }
  if (!try_send_message(*over, head_of(call, position, bounds), body)) return true;
  const lock_type lock(mutex_);
  retract(call);
  return false;
}

/// Under the mutex: who was woken for a free id and does not use it wakes the next.
void client_core::pass_on(completions& done) noexcept {
  if (waiting_.front() != nullptr && current_ && current_->usable() && current_->has_free_id())
    done.add(*waiting_.front(), {});
}

/// Waits for a connection, an id and room; `replied` means sent.
task<call_end> client_core::start_slowly(pending_call& call, std::uint64_t position, payload body,
                                         wait_bounds bounds) {
  want_connection();
  for (;;) {
    const auto ready = [&](std::error_code& error) {
      error = unusable();
      return error || enter(call) || exchange_;
    };
    auto waited = co_await wait(self(), waiting_, bounds, 0, ready);
    if (was_cancelled(co_await asio::this_coro::cancellation_state)) waited = errc::cancelled;
    std::shared_ptr<session> over;
    {
      completions done(resume_by::post);
      const lock_type lock(mutex_);
      // It may have lost its session since.
      if (call.on && !call.on->usable()) retract(call);
      if (!waited && !call.on) {
        waited = unusable();
        if (!waited && !enter(call) && !exchange_) continue;
        if (!waited && !call.on) waited = errc::needs_duplex;
      }
      if (waited) {
        retract(call);
        pass_on(done);
        co_return not_sent(waited, waited == refused_ ? refused_text_ : std::string());
      }
      over = call.on->over;
      call.ask_again = false;
    }
    const auto on = call.on;
    const auto sent = co_await send_message(over, head_of(call, position, bounds), body, left_of(bounds));
    if (sent) co_return call_end(call_outcome::replied, {});
    const auto error = sent.error();
    completions done(resume_by::post);
    const lock_type lock(mutex_);
    retract(call);
    pass_on(done);
    if (error == errc::timed_out || error == errc::cancelled) {
      if (!over->failure()) co_return not_sent(error);
    } else if (error == errc::frame_too_large) {
      co_return not_sent(error, "the fields take more than the peer allows in one frame");
    }
    if (on->over == over) set_aside(*on);  // it has ended, even if its reader has not seen it yet
  }
}

/// Over HTTP: the network failed or the server goes, and another attempt does no harm.
bool client_core::may_go_on(const call_end& end, const call_options& options) const {
  if (end.error() != condition::transport && end.error() != call_errc::draining) return false;
  return end.outcome() == call_outcome::not_sent ||
         (end.outcome() == call_outcome::unknown && options.is_idempotent());
}

bool client_core::was_lost(const pending_call& call, const call_end& end) const {
  const lock_type lock(mutex_);
  return end.outcome() == call_outcome::unknown && (call.lost || end.error() == call_errc::answer_not_kept);
}

task<call_end> client_core::call(std::uint64_t position, payload body, call_options options) {
  const wait_bounds bounds = bounds_of(options);
  pending_call call(self());
  call.trace = options.trace();
  call_end so_far(call_outcome::not_sent, {});
  for (bool sent = start_at_once(call, position, body, bounds);; sent = false) {
    if (!sent) {
      auto started = co_await start_slowly(call, position, body, bounds);
      if (started.error() == errc::needs_duplex) {
        started =
            co_await call_over_exchange(position, body, bounds, options.is_idempotent(), options.trace());
        if (may_go_on(started, options)) {
          if (so_far.outcome() != call_outcome::unknown) so_far = started;
          continue;
        }
        if (started.outcome() != call_outcome::not_sent) co_return started;
      }
      if (started.outcome() != call_outcome::replied)
        co_return so_far.outcome() == call_outcome::unknown ? so_far : started;
      if (was_cancelled(co_await asio::this_coro::cancellation_state)) {
        leave(call);
        co_return call_end(call_outcome::unknown, errc::cancelled);
      }
    }
    auto answered = co_await answer_or_loss(call, bounds);
    while (!answered) {
      std::error_code failed;
      if (was_cancelled(co_await asio::this_coro::cancellation_state)) {
        failed = errc::cancelled;
      } else {
        const auto asked = co_await ask_again(call, position, body, bounds);
        if (was_cancelled(co_await asio::this_coro::cancellation_state))
          failed = errc::cancelled;
        else if (!asked)
          failed = asked.error();
      }
      if (failed) {
        leave(call);
        co_return call_end(call_outcome::unknown, failed);
      }
      answered = co_await answer_or_loss(call, bounds);
    }
    call_end end = *std::move(answered);
    if (end.error() != call_errc::draining && !(was_lost(call, end) && options.is_idempotent())) {
      if (end.outcome() == call_outcome::not_sent && so_far.outcome() == call_outcome::unknown)
        co_return so_far;
      co_return end;
    }
    // What was sent before and had no answer may have run, whatever comes now.
    if (so_far.outcome() != call_outcome::unknown) so_far = end;
    if (was_cancelled(co_await asio::this_coro::cancellation_state)) co_return so_far;
    const lock_type lock(mutex_);
    call.on.reset();
    call.lost = false;
  }
}

task<call_end> client_core::open(pending_call& call, std::uint64_t position, payload body,
                                 wait_bounds bounds) {
  if (start_at_once(call, position, body, bounds)) co_return call_end(call_outcome::replied, {});
  co_return co_await start_slowly(call, position, body, std::move(bounds));
}

task<call_end> client_core::answer(pending_call& call, wait_bounds bounds) {
  auto answered = co_await answer_or_loss(call, std::move(bounds));
  // Only of a call that is no stream: those end with their connection.
  co_return answered ? *std::move(answered) : call_end();
}

task<std::optional<call_end>> client_core::answer_or_loss(pending_call& call, wait_bounds bounds) {
  const auto ready = [&call](std::error_code&) {
    return call.done || call.opened || (call.ask_again && call.on && call.on->speaks());
  };
  const auto error = co_await wait(self(), call.answer, std::move(bounds), 0, ready);
  {
    const lock_type lock(mutex_);
    if (call.done) co_return std::move(call.end);
    if (call.opened) co_return call_end(call_outcome::replied, {});
    if (!error && call.ask_again) co_return std::nullopt;
  }
  leave(call);
  co_return call_end(call_outcome::unknown, error);
}

task<result<std::optional<std::vector<std::byte>>>> client_core::next_item(pending_call& call,
                                                                           wait_bounds bounds) {
  const auto ready = [&call](std::error_code&) { return call.done || !call.on || !call.items.empty(); };
  const auto error = co_await wait(self(), call.readers, std::move(bounds), 0, ready);
  std::optional<std::vector<std::byte>> item;
  std::uint64_t grant = 0;
  std::shared_ptr<session> over;
  {
    const lock_type lock(mutex_);
    if (call.items.empty()) {
      if (!call.done) co_return error ? error : make_error_code(errc::cancelled);
      if (call.end.error()) co_return call.end.error();
      co_return item;
    }
    item = call.items.take();
    grant = call.items.grant();
    if (!call.done && call.on) over = call.on->over;
  }
  if (grant != 0 && over) post_message(over, message_head::credit(call.id, grant));
  co_return item;
}

task<result<void>> client_core::send_item(pending_call& call, payload item, wait_bounds bounds) {
  const auto ready = [&call](std::error_code&) { return call.done || !call.on || call.credit.open(); };
  const auto error = co_await wait(self(), call.senders, bounds, 0, ready);
  std::shared_ptr<session> over;
  {
    const lock_type lock(mutex_);
    if (call.done || !call.on) co_return call.end.error() ? call.end.error() : call_errc::unexpected_answer;
    if (error) co_return error;
    call.credit.spend(item.size());
    over = call.on->over;
  }
  if (!try_send_message(*over, message_head::item(call.id), item)) co_return result<void>();
  const auto sent = co_await send_message(over, message_head::item(call.id), item, left_of(bounds));
  if (!sent) {
    const lock_type lock(mutex_);
    call.credit.refund(item.size());
  }
  co_return sent;
}

task<result<void>> client_core::end_items(pending_call& call, wait_bounds bounds) {
  std::shared_ptr<session> over;
  {
    const lock_type lock(mutex_);
    if (call.done || call.sent_end || !call.on) co_return result<void>();
    call.sent_end = true;
    over = call.on->over;
  }
  co_return co_await send_message(over, message_head::end(call.id), payload(), left_of(bounds));
}

}  // namespace coseal
