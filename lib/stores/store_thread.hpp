#pragma once

#include "stores/parked_coroutines.hpp"

#include <coseal/error.hpp>
#include <coseal/result.hpp>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace coseal {

/// The thread of one store: it may wait for disks there, and its deadlines hold while the callers' loops are
/// busy. Begun at first use, so that a store which was not used before fork() works in the child; one that
/// was is errc::used_after_fork there, and what it held is left as it is.
class store_thread {
 public:
  store_thread() = default;
  store_thread(const store_thread&) = delete;
  store_thread& operator=(const store_thread&) = delete;
  /// Waits until what was queued is done, unless the last owner is the thread itself.
  ~store_thread();

  /// Runs `work` on the thread. errc::used_after_fork; errc::storage_failed if there is no thread to be had.
  result<void> post(std::function<void(asio::io_context&)> work);
  /// The same, but nothing where nothing was posted before.
  void post_if_running(std::function<void(asio::io_context&)> work);
  /// Whether this process is another one than that whose thread this is.
  bool is_forked() const;

 private:
  struct loop;
  mutable std::mutex mutex_;
  std::shared_ptr<loop> loop_;
};

/// Awaits what `work` gives on the thread; what it throws is errc::storage_failed.
template <typename T>
task<result<T>> await_on(std::shared_ptr<store_thread> thread, std::function<result<T>()> work) {
  // One copy of what `work` holds, which may be a secret that it wipes.
  const auto shared = std::make_shared<std::function<result<T>()>>(std::move(work));
  auto begin = [thread, shared](std::function<void(result<T>)> done) {
    const auto run = [shared, done](asio::io_context&) {
      try {
        done((*shared)());
      } catch (const std::exception&) {
        done(errc::storage_failed);
      }
    };
    const auto posted = thread->post(run);
    if (!posted) done(posted.error());
  };
  co_return co_await await_from_elsewhere<result<T>>(std::move(begin));
}

}  // namespace coseal
