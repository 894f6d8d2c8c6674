#include "carrier/carrier_io.hpp"

#include <coseal/error.hpp>

#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>

#include <array>
#include <mutex>
#include <optional>
#include <utility>

namespace coseal {
namespace {

/// Not a bare std::error_code, which Asio's awaitable would throw.
struct wait_ended {
  std::error_code error;
};

/// One wait: whoever ends it first, carrier, alarm or cancellation, resumes the coroutine. The carrier's
/// pending operation keeps it alive, so that an execution context that goes away takes the coroutine with it.
template <typename Handler>
class pending_wait final : public carrier_observer,
                           public std::enable_shared_from_this<pending_wait<Handler>> {
 public:
  explicit pending_wait(Handler handler) : handler_(std::move(handler)) {}

  void end_with(const std::stop_token& token) { stop_.emplace(token, stop_function{this->weak_from_this()}); }

  void on_readable(std::error_code error) noexcept override { finish(outcome(error)); }
  void on_writable(std::error_code error) noexcept override { finish(outcome(error)); }

  void finish(std::error_code error) noexcept {
    std::optional<Handler> handler;
    {
      const std::lock_guard lock(mutex_);
      if (!handler_) return;
      handler.emplace(*std::move(handler_));
      handler_.reset();
    }
    const auto to = asio::get_associated_executor(*handler);
    asio::post(to, [handler = *std::move(handler), error]() mutable {
      if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected()) slot.clear();
      std::move(handler)(wait_ended{error});
    });
  }

 private:
  struct stop_function {
    std::weak_ptr<pending_wait> weak;
    void operator()() const {
      if (const auto alive = weak.lock()) alive->finish(errc::cancelled);
    }
  };

  /// The next try tells a failure better than the wait does.
  static std::error_code outcome(std::error_code error) noexcept {
    return error == asio::error::operation_aborted ? make_error_code(errc::cancelled) : std::error_code();
  }

  std::mutex mutex_;
  std::optional<Handler> handler_;
  std::optional<std::stop_callback<stop_function>> stop_;
};

}  // namespace

task<result<void>> carrier_io::wait(direction what, clock::time_point deadline) {
  // A signal that came between two waits; Asio would throw at the next one.
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) co_return errc::cancelled;
  if (deadline != clock::time_point::max() && !alarm_) alarm_ = time_->make_alarm(carrier_->executor());

  const auto initiate = [this, what, deadline]<typename Handler>(Handler&& handler) {
    using waiting = pending_wait<std::decay_t<Handler>>;
    auto slot = asio::get_associated_cancellation_slot(handler);
    const auto pending = std::make_shared<waiting>(std::forward<Handler>(handler));
    const std::weak_ptr<waiting> weak = pending;
    const auto end = [weak](std::error_code why) {
      if (const auto alive = weak.lock()) alive->finish(why);
    };
    if (slot.is_connected()) slot.assign([end](asio::cancellation_type) { end(errc::cancelled); });
    if (deadline != clock::time_point::max()) alarm_->set(deadline, [end] { end(errc::timed_out); });
    if (token_.stop_possible()) pending->end_with(token_);
    if (what == direction::read) return carrier_->wait_readable(pending);
    carrier_->wait_writable(pending);
  };
  auto suspended =
      asio::async_initiate<const asio::use_awaitable_t<>&, void(wait_ended)>(initiate, asio::use_awaitable);
  const wait_ended ended = co_await std::move(suspended);
  if (alarm_) alarm_->cancel();
  if (ended.error) co_return ended.error;
  co_return result<void>();
}

task<result<std::size_t>> carrier_io::read_some(std::span<std::byte> into, clock::time_point deadline) {
  for (;;) {
    std::error_code error;
    const std::size_t n = carrier_->try_read_some(into, error);
    if (!error) co_return n;
    if (error != asio::error::would_block) co_return error;
    if (const auto waited = co_await wait(direction::read, deadline); !waited) co_return waited.error();
  }
}

task<result<void>> carrier_io::write_all(std::span<const std::byte> bytes, clock::time_point deadline) {
  while (!bytes.empty()) {
    const std::array<asio::const_buffer, 1> rest{asio::const_buffer(bytes.data(), bytes.size())};
    std::error_code error;
    const std::size_t n = carrier_->try_write_some(rest, error);
    bytes = bytes.subspan(n);
    if (!error) continue;
    if (error != asio::error::would_block) co_return error;
    if (const auto waited = co_await wait(direction::write, deadline); !waited) co_return waited.error();
  }
  co_return result<void>();
}

}  // namespace coseal
