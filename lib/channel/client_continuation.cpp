// A client's connection that goes on over another session: its calls are asked again under their ids, and the
// pushes that it missed come.

#include "channel/client_core.hpp"
#include "channel/message_send.hpp"

#include <coseal/error.hpp>

#include <asio/error.hpp>

namespace coseal {
namespace {

/// The acceptor is told that pushes have come when so many, or so many bytes of them, have.
constexpr std::uint64_t most_unsaid = 64, most_bytes_unsaid = 16 * 1024;

}  // namespace

/// Under the mutex, before anything else is said on a new session.
void client_core::ask_to_continue(client_connection& on) {
  continue_request request;
  request.window = on.window;
  request.pushes = on.window ? on.pushes_taken : 0;
  request.used = on.window ? on.pushes.used() : 0;
  on.continue_id = on.take_continue_id();
  on.asked_window = on.window;
  on.other_pushes = false;
  post_message(on.over, message_head::call(*on.continue_id, continue_position, 0, false), request.encode());
}

/// Under the mutex: the acceptor says whether it has what was asked for.
std::error_code client_core::take_continuation(client_connection& on, const call_message& message,
                                               completions& done) {
  on.continue_id.reset();
  const auto asked = std::exchange(on.asked_window, std::nullopt);
  on.window.reset();
  if (message.kind == message_kind::reply) {
    const auto answer = continue_answer::parse(message.body);
    if (!answer) return answer.error();
    on.window = answer->window;
    if (asked && *asked == answer->window) {
      if (on.other_pushes) return errc::unexpected_record;  // what goes on begins with this answer
      go_on(on, answer->missed, done);
      return {};
    }
  } else if (message.kind != message_kind::error) {
    return errc::unexpected_record;
  }
  on.pushes_taken = on.taken_unsaid = on.bytes_unsaid = 0;
  if (asked) begin_anew(on, done);
  return {};
}

void client_core::go_on(client_connection& on, std::uint64_t missed, completions& done) {
  on.draining = false;
  on.pushes_taken += missed;
  on.each_abandoned([&](std::uint64_t id) { post_message(on.over, message_head::cancel(id)); });
  on.each_call([&](pending_call& call) {
    call.ask_again = true;
    done.add_all(call.answer, {});
  });
  if (const auto grant = on.pushes.grant(); grant != 0)
    post_message(on.over, message_head::push_credit(grant));
  news_ = news{missed};
  done.add_all(waiting_, {});
}

/// Under the mutex: nothing of before is known to the acceptor.
void client_core::begin_anew(client_connection& on, completions& done) {
  on.each_call([&](pending_call& call) {
    call.lost = true;
    finish(on, call, on.lost_how, done);
  });
  on.free_all();
  on.draining = false;
  if (!std::exchange(on.other_pushes, true)) on.pushes.begin_anew();
  news_ = news{};
  done.add_all(waiting_, {});
}

/// Under the mutex: counts one push that has come, and now and then says so.
void client_core::count_push(client_connection& on, std::size_t body) {
  if (on.asked_window) {
    // An acceptor that goes on says so first: this is another window's.
    if (!std::exchange(on.other_pushes, true)) on.pushes.begin_anew();
    return;
  }
  if (!on.window) return;
  ++on.pushes_taken;
  ++on.taken_unsaid;
  on.bytes_unsaid += body;
  if (on.taken_unsaid < most_unsaid && on.bytes_unsaid < most_bytes_unsaid) return;
  on.taken_unsaid = on.bytes_unsaid = 0;
  post_message(on.over, message_head::pushes_taken(on.pushes_taken));
}

/// Under the mutex: the connection waits for another session. Streams end: nobody keeps their items.
void client_core::set_away(const std::shared_ptr<client_connection>& lost, const call_end& how,
                           completions& done) {
  lost->away = true;
  lost->lost_how = how;
  lost->continue_id.reset();
  lost->asked_window.reset();
  away_ = lost;
  lost->each_call([&](pending_call& call) {
    if (!call.takes_items && !call.gives_items) return;
    lost->abandon(call.id);
    finish(*lost, call, how, done);
  });
}

/// Under the mutex: no session will come for what waits for one.
void client_core::give_up_away(completions& done) {
  const auto lost = std::exchange(away_, nullptr);
  if (!lost) return;
  lost->lost = true;
  lost->each_call([&](pending_call& call) {
    call.lost = true;
    finish(*lost, call, lost->lost_how, done);
  });
  done.add_all(lost->push_reader, {});
}

/// Asks the same call under the same id; whatever comes of it, its end does not come twice. An error is its
/// end.
task<result<void>> client_core::ask_again(pending_call& call, std::uint64_t position, const payload& body,
                                          const wait_bounds& bounds) {
  std::shared_ptr<session> over;
  {
    const lock_type lock(mutex_);
    if (call.done || !call.on || !call.on->speaks() || !std::exchange(call.ask_again, false))
      co_return result<void>();
    over = call.on->over;
  }
  const message_head head = head_of(call, position, bounds);
  if (try_send_message(*over, head, body) != asio::error::would_block) co_return result<void>();
  const auto sent = co_await send_message(over, head, body, left_of(bounds));
  if (sent || over->failure()) co_return result<void>();
  leave(call);  // its time is over, say
  co_return sent;
}

}  // namespace coseal
