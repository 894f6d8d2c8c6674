#pragma once

#include "support/tapped_carrier.hpp"

#include <coseal/carrier.hpp>
#include <coseal/error.hpp>
#include <coseal/transport.hpp>

#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace coseal::test {

/// A place to listen inside of one thread, reached by connect().
class memory_listening {
 public:
  explicit memory_listening(asio::io_context& io) : queue_(std::make_shared<queue>(io)) {}

  listen_address address() {
    return listen_address("memory", [queue = queue_](const asio::any_io_executor&) {
      queue->closed = false;
      result<std::unique_ptr<acceptor>> made(std::make_unique<accepting>(queue));
      return made;
    });
  }
  /// The connector's end; the acceptor's is told `source` and counted in alive().
  std::unique_ptr<duplex_carrier> connect(std::string source = {}, memory_knobs forth = {},
                                          memory_knobs back = {}) {
    const auto executor = queue_->io.get_executor();
    auto ends = memory_pair(executor, executor, std::move(forth), std::move(back));
    tap what;
    what.source = std::move(source);
    what.alive = queue_->alive;
    what.on_write = on_write;
    queue_->carriers.push_back(std::make_unique<tapped_carrier>(std::move(ends.second), std::move(what)));
    queue_->arrival.cancel();
    return std::move(ends.first);
  }
  /// Of the acceptor's ends of connections to come.
  std::function<void(std::span<const asio::const_buffer>)> on_write;

  /// Acceptor's ends that still exist.
  std::size_t alive() const { return *queue_->alive; }

 private:
  struct queue {
    explicit queue(asio::io_context& context)
        : io(context), arrival(context, std::chrono::steady_clock::time_point::max()) {}
    asio::io_context& io;
    asio::steady_timer arrival;
    std::deque<std::unique_ptr<duplex_carrier>> carriers;
    std::shared_ptr<std::atomic<std::size_t>> alive = std::make_shared<std::atomic<std::size_t>>(0);
    bool closed = false;
  };

  class accepting final : public acceptor {
   public:
    explicit accepting(std::shared_ptr<queue> from) : queue_(std::move(from)) {}
    task<result<std::unique_ptr<duplex_carrier>>> accept() override {
      const auto queue = queue_;
      while (queue->carriers.empty() && !queue->closed) {
        asio::error_code ignored;
        co_await queue->arrival.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      }
      if (queue->closed) co_return errc::cancelled;
      auto next = std::move(queue->carriers.front());
      queue->carriers.pop_front();
      co_return std::move(next);
    }
    std::string address() const override { return "memory"; }
    void close() noexcept override {
      queue_->closed = true;
      queue_->arrival.cancel();
    }

   private:
    std::shared_ptr<queue> queue_;
  };

  std::shared_ptr<queue> queue_;
};

}  // namespace coseal::test
