#pragma once

#include <coseal/asio.hpp>

#include <asio/co_spawn.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <utility>

namespace coseal::tool {

/// Coroutines that run beside each other on one single-threaded executor; whoever started them waits for all
/// before it goes away. The first exception comes out of wait().
class task_group {
 public:
  explicit task_group(asio::any_io_executor executor)
      : idle_(executor, asio::steady_timer::time_point::max()) {}
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;

  void start(task<void> work) {
    ++running_;
    asio::co_spawn(idle_.get_executor(), std::move(work), [this](std::exception_ptr e) {
      if (e && !thrown_) thrown_ = e;
      if (--running_ == 0) idle_.cancel();
    });
  }
  task<void> wait() {
    while (running_ > 0) {
      std::error_code woken;
      co_await idle_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
  }

 private:
  asio::steady_timer idle_;
  std::size_t running_ = 0;
  std::exception_ptr thrown_;
};

}  // namespace coseal::tool
