#pragma once
// One alarm of the clock for all sessions of an execution context: a timer each would cost more than an idle
// session does.

#include <coseal/asio.hpp>
#include <coseal/clock.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace coseal {

/// Who waits in an alarm_queue, at one place at most.
class alarm_user {
 public:
  /// From `alarm_executor`, at or after the time that was set. May come once more after a cancel
  /// or a set on another thread.
  virtual void on_alarm() = 0;
  virtual const asio::any_io_executor& alarm_executor() const noexcept = 0;

 protected:
  virtual ~alarm_user() = default;
  /// Keeps this alive; nothing if it is being destroyed.
  virtual std::shared_ptr<void> keep() noexcept = 0;

 private:
  friend class alarm_queue;
  static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
  std::size_t place_ = nowhere;  // guarded by the queue's mutex
};

/// Thread-safe; may be used under the mutex of its users.
class alarm_queue : public std::enable_shared_from_this<alarm_queue> {
 public:
  /// The queue of the execution context behind `executor` for this clock.
  static std::shared_ptr<alarm_queue> of(const asio::any_io_executor& executor, std::shared_ptr<clock> time);

  alarm_queue(asio::any_io_executor executor, std::shared_ptr<clock> time);

  /// Replaces what `user` has set before.
  void set(clock::time_point when, alarm_user& user);
  /// Before `user` is destroyed, at the latest.
  void cancel(alarm_user& user) noexcept;
  /// The execution context goes away.
  void stop() noexcept;

  const std::shared_ptr<clock>& time() const noexcept { return time_; }

 private:
  struct entry {
    clock::time_point when;
    alarm_user* user;
  };

  void put(std::size_t at, entry what) noexcept;
  void up(std::size_t at) noexcept;
  void down(std::size_t at) noexcept;
  void remove(std::size_t at) noexcept;
  void set_alarm();
  void ring();

  std::mutex mutex_;
  const std::shared_ptr<clock> time_;
  std::unique_ptr<clock::alarm> alarm_;  // not there any more once the context has gone
  clock::time_point alarm_at_ = clock::time_point::max();
  std::vector<entry> entries_;  // a heap, the earliest first
};

}  // namespace coseal
