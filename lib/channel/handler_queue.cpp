#include "channel/handler_queue.hpp"

#include "channel/handler_run.hpp"
#include "channel/server_connection.hpp"
#include "channel/server_settings.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>

#include <cassert>
#include <utility>

namespace coseal {

void handler_queue::run(const std::shared_ptr<server_connection>& on) {
  // Each begins at once, since this is the strand, and comes back here when it suspends.
  assert(on->strand().running_in_this_thread());
  while (!waiting_.empty()) {
    auto stop = std::make_shared<asio::cancellation_signal>();
    const auto slot = stop->slot();
    const auto ended = [on, stop](const std::exception_ptr& failure) {
      // The user's own, of a hook: for whoever runs the context.
      if (failure) asio::post(on->strand(), [failure] { std::rethrow_exception(failure); });
    };
    asio::co_spawn(on->strand(), run_handlers(on, stop), asio::bind_cancellation_slot(slot, ended));
  }
}

task<void> handler_queue::run_handlers(std::shared_ptr<server_connection> on,
                                       std::shared_ptr<asio::cancellation_signal> stop) {
  auto& waiting = on->handlers();
  const auto& around = on->settings().around;
  for (bool first = true; !waiting.waiting_.empty(); first = false) {
    if (!first) {  // what the one before said of its cancellation was for itself
      co_await asio::this_coro::reset_cancellation_state();
      co_await asio::this_coro::throw_if_cancelled(true);
    }
    const auto call = std::move(waiting.waiting_.front());
    waiting.waiting_.pop_front();
    if (!call->begin(stop)) continue;
    std::exception_ptr failure;
    try {
      if (around.empty())
        co_await call->by().run(*call);
      else
        co_await run_handler(call, call->by(), around);
    } catch (...) {
      failure = std::current_exception();
    }
    if (!on->strand().running_in_this_thread()) {  // it has gone to another executor
      asio::post(on->strand(), [call, failure] {
        call->end();
        call->handler_ended(failure);
      });
      co_return;
    }
    const bool reusable = call->end();
    call->handler_ended(failure);
    if (!reusable) co_return;  // a coroutine that was cancelled stays so
  }
}

}  // namespace coseal
