#pragma once

#include <coseal/asio.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace coseal {

/// Where sessions take time from; tests bring a virtual one. Thread-safe.
class clock {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::steady_clock::duration;

  /// A single alarm. Not thread-safe; no callback starts after the alarm was cancelled, moved or destroyed
  /// from the executor it runs on.
  class alarm {
   public:
    virtual ~alarm() = default;
    /// Replaces what was set before. `ring` runs once, on the alarm's executor, at or after `when`.
    virtual void set(time_point when, std::function<void()> ring) = 0;
    virtual void cancel() noexcept = 0;
  };

  virtual ~clock() = default;
  virtual time_point now() const noexcept = 0;
  /// The time of day, for what outlives a process: tickets and bindings.
  virtual std::chrono::system_clock::time_point wall() const noexcept {
    return std::chrono::system_clock::now();
  }
  virtual std::unique_ptr<alarm> make_alarm(asio::any_io_executor executor) = 0;
};

/// std::chrono::steady_clock with Asio's timers; what sessions use by default.
std::shared_ptr<clock> steady_clock();

}  // namespace coseal
