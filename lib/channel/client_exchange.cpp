// A client's calls over HTTP, while no connection that lasts is to be had.

#include "channel/client_core.hpp"

#include <coseal/error.hpp>

#include <asio/co_spawn.hpp>

#include <algorithm>

namespace coseal {
namespace {

/// Says something about the peer, and not about one request.
bool concerns_peer(std::error_code error) noexcept {
  if (error == errc::frame_too_large || error == errc::once_not_promised || error == errc::request_replayed ||
      error == errc::request_time || error == errc::session_expired || error == errc::closed)
    return false;
  return error != condition::cancelled && error != condition::timed_out &&
         error.category() != call_category();
}

}  // namespace

/// Until a transport before it comes up, or the exchange has failed: what there is then.
task<result<client_core::way>> client_core::use_exchange(way made, channel_state& state) {
  const auto over = made.exchange;
  {
    completions done(resume_by::post);
    const lock_type lock(mutex_);
    if (closed_) co_return errc::closed;
    exchange_ = over;
    give_up_away(done);
    refused_ = {};
    refused_text_.clear();
    done.add_all(waiting_, {});
  }
  state.state = connection_state::connected;
  state.level = settings_.connecting.level();
  state.exchange = true;
  say(state);
  for (unsigned attempt = 0;; ++attempt) {
    wait_bounds bounds;
    if (made.index != 0) bounds.deadline = time().now() + backoff(attempt);
    const auto ended = [&](std::error_code&) { return closed_ || exchange_ != over; };
    static_cast<void>(co_await wait(self(), retry_, std::move(bounds), 0, ended));
    {
      const lock_type lock(mutex_);
      if (closed_) co_return errc::closed;
      if (exchange_ != over) {
        state.exchange = false;
        state.explanation = exchange_text_;
        co_return exchange_failure_;
      }
    }
    if (made.index == 0) continue;
    channel_state better;
    auto found = co_await connect(better, made.index);
    if (!found) continue;  // a refusal there takes nothing from what works here
    state = better;
    co_return found;
  }
}

/// On the caller's executor; the exchange works on the client's strand.
task<call_end> client_core::call_over_exchange(std::uint64_t position, const payload& body,
                                               const wait_bounds& bounds, bool idempotent,
                                               std::optional<trace_context> trace) {
  std::shared_ptr<exchange_link> over;
  {
    const lock_type lock(mutex_);
    over = exchange_;
  }
  // It has gone since: whoever called waits for what comes next.
  if (!over) co_return call_end(call_outcome::not_sent, call_errc::draining);
  std::vector<std::byte> fields(body.size());
  body.write_to(fields.data());
  call_options options;
  options.idempotent(idempotent).stop(bounds.token).trace(trace);
  if (bounds.deadline) options.within(std::max(*bounds.deadline - time().now(), clock::duration(1)));
  call_end end(call_outcome::unknown, errc::cancelled);
  try {
    auto work = over->call(position, std::move(fields), std::move(options));
    end = co_await asio::co_spawn(strand_, std::move(work), asio::use_awaitable);
  } catch (const std::system_error&) {  // Asio's cancellation, which left the request who knows where
  }
  note_exchange(over, end);
  co_return end;
}

/// What an end says about those to come.
void client_core::note_exchange(const std::shared_ptr<exchange_link>& over, const call_end& end) {
  const bool drained = end.error() == call_errc::draining;
  const bool refused = end.outcome() == call_outcome::not_sent && concerns_peer(end.error());
  const bool lost = end.outcome() == call_outcome::unknown && end.error() == condition::transport;
  if (!drained && !refused && !lost) return;
  completions done(resume_by::post);
  const lock_type lock(mutex_);
  if (exchange_ != over) return;
  exchange_.reset();
  exchange_failure_ = drained ? std::error_code(errc::peer_closed) : end.error();
  exchange_text_ = end.text();
  done.add_all(retry_, {});
}

}  // namespace coseal
