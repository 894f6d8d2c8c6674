#pragma once

#include <coseal/asio.hpp>

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/execution/context_as.hpp>
#include <asio/execution_context.hpp>
#include <asio/post.hpp>
#include <asio/query.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace coseal {

/// Coroutines of one execution context that wait for a thread which the context does not know. It destroys
/// those that still wait when it goes, as Asio does for its own operations; who would resume one later finds
/// it gone.
class parked_coroutines {
 public:
  /// One coroutine that waits.
  class parked {
   public:
    virtual ~parked() = default;
    /// Queues the coroutine on its executor.
    virtual void resume() = 0;
  };

  /// Those of the context behind `executor`.
  static std::shared_ptr<parked_coroutines> of(const asio::any_io_executor& executor);

  std::uint64_t park(std::unique_ptr<parked> coroutine);
  /// From any thread.
  void resume(std::uint64_t ticket);

 private:
  class service;

  std::mutex mutex_;
  std::uint64_t next_ticket_ = 0;
  bool open_ = true;
  std::map<std::uint64_t, std::unique_ptr<parked>> waiting_;
};

/// Suspends until the function that is given to `begin` is called with a value, once, from whatever thread.
template <typename T, typename Begin>
task<T> await_from_elsewhere(Begin begin) {
  const auto value = std::make_shared<std::optional<T>>();
  const auto initiate = [&]<typename Handler>(Handler&& given) {
    using handler_type = std::decay_t<Handler>;
    class parked_handler final : public parked_coroutines::parked {
     public:
      explicit parked_handler(handler_type handler) : handler_(std::move(handler)) {}
      void resume() override {
        const auto to = asio::get_associated_executor(handler_);
        asio::post(to, [handler = std::move(handler_)]() mutable { std::move(handler)(); });
      }

     private:
      handler_type handler_;
    };
    const auto place = parked_coroutines::of(asio::get_associated_executor(given));
    const auto ticket = place->park(std::make_unique<parked_handler>(std::forward<Handler>(given)));
    begin([value, place, ticket](T got) {
      value->emplace(std::move(got));
      place->resume(ticket);
    });
  };
  auto suspended =
      asio::async_initiate<const asio::use_awaitable_t<>&, void()>(initiate, asio::use_awaitable);
  co_await std::move(suspended);
  co_return std::move(**value);
}

}  // namespace coseal
