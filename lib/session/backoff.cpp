#include "session/backoff.hpp"

#include "session/session_registry.hpp"
#include "session/timed_waits.hpp"

#include <coseal/error.hpp>

#include <utility>

namespace coseal {
namespace {

/// Nobody wakes who waits here but time and cancellation.
class sleeper final : public timed_waits {
 public:
  using timed_waits::timed_waits;

  task<std::error_code> rest(wait_bounds bounds) {
    const auto never = [](std::error_code&) { return false; };
    co_return co_await wait(shared_from_this(), waiting_, std::move(bounds), 0, never);
  }
};

}  // namespace

task<result<void>> sleep_until(std::shared_ptr<clock> time, clock::time_point when, wait_bounds bounds) {
  const bool cut = bounds.deadline && *bounds.deadline < when;
  if (!cut) bounds.deadline = when;
  const auto executor = co_await asio::this_coro::executor;
  const auto here = std::make_shared<sleeper>(executor, std::move(time));
  register_waits(executor, here);
  const std::error_code ended = co_await here->rest(std::move(bounds));
  if (ended == errc::timed_out && !cut) co_return result<void>();
  co_return ended;
}

}  // namespace coseal
