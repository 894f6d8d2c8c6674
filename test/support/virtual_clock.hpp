#pragma once

#include <coseal/clock.hpp>

#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace coseal::test {

/// Time that moves only when a test says so. A ring is posted to its alarm's executor and dropped there if
/// the alarm was set anew, cancelled or destroyed in between. Alarms count as no work for an io_context.
/// Thread-safe; alarms may outlive the clock.
class virtual_clock : public clock {
 public:
  time_point now() const noexcept override {
    const std::lock_guard lock(state_->mutex);
    return state_->now;
  }
  std::chrono::system_clock::time_point wall() const noexcept override {
    const auto passed = now() - shared_state().now;
    return wall_at_start_ + std::chrono::duration_cast<std::chrono::system_clock::duration>(passed);
  }
  std::unique_ptr<alarm> make_alarm(asio::any_io_executor executor) override {
    return std::make_unique<virtual_alarm>(state_, std::move(executor));
  }

  /// Time jumps by `by`; what is due is rung in the order of its time, and sees the time after the jump.
  void advance(duration by) { advance_to(now() + by); }
  void advance_to(time_point when) {
    std::vector<pending> due;
    {
      const std::lock_guard lock(state_->mutex);
      if (when > state_->now) state_->now = when;
      auto& waiting = state_->waiting;
      const auto end = waiting.upper_bound({state_->now, ~std::uint64_t{0}});
      for (auto it = waiting.begin(); it != end; it = waiting.erase(it)) due.push_back(std::move(it->second));
    }
    for (const auto& each : due)
      asio::post(each.rings->executor, [state = state_, each] { ring(*state, each); });
  }
  /// Jumps to the next alarm and rings it; false when there is none.
  bool advance_to_next() {
    const auto when = next_alarm();
    if (when) advance_to(*when);
    return when.has_value();
  }
  /// When the next alarm is due.
  std::optional<time_point> next_alarm() const {
    const std::lock_guard lock(state_->mutex);
    if (state_->waiting.empty()) return std::nullopt;
    return state_->waiting.begin()->first.first;
  }
  /// How many alarms are set.
  std::size_t alarms() const {
    const std::lock_guard lock(state_->mutex);
    return state_->waiting.size();
  }

 private:
  struct ringing {
    asio::any_io_executor executor;
    std::function<void()> call;
    std::uint64_t generation = 0;  // grows with each set and cancel; an older ring is void
  };
  struct pending {
    std::shared_ptr<ringing> rings;
    std::uint64_t generation;
  };
  using place = std::pair<time_point, std::uint64_t>;
  struct shared_state {
    std::mutex mutex;
    time_point now{std::chrono::hours(1000)};
    std::uint64_t sequence = 0;  // alarms for one time ring in the order they were set
    std::map<place, pending> waiting;
  };

  static void ring(shared_state& state, const pending& which) {
    std::function<void()> call;
    {
      const std::lock_guard lock(state.mutex);
      if (which.rings->generation != which.generation) return;
      call = std::exchange(which.rings->call, nullptr);
    }
    if (call) call();
  }

  class virtual_alarm final : public alarm {
   public:
    virtual_alarm(std::shared_ptr<shared_state> state, asio::any_io_executor executor)
        : state_(std::move(state)) {
      rings_->executor = std::move(executor);
    }
    ~virtual_alarm() override { cancel(); }

    void set(time_point when, std::function<void()> call) override {
      pending due_now;
      {
        const std::lock_guard lock(state_->mutex);
        remove();
        std::swap(rings_->call, call);  // the old one is destroyed outside the lock
        pending mine{rings_, rings_->generation};
        if (when > state_->now) {
          place_ = {when, ++state_->sequence};
          state_->waiting.emplace(*place_, std::move(mine));
        } else {
          due_now = std::move(mine);
        }
      }
      if (due_now.rings)
        asio::post(due_now.rings->executor, [state = state_, due_now] { ring(*state, due_now); });
    }
    void cancel() noexcept override {
      std::function<void()> dropped;  // destroyed after the lock is released: it may own anything
      const std::lock_guard lock(state_->mutex);
      remove();
      std::swap(rings_->call, dropped);
    }

   private:
    void remove() {
      ++rings_->generation;
      if (place_) state_->waiting.erase(*place_);
      place_.reset();
    }

    std::shared_ptr<shared_state> state_;
    std::shared_ptr<ringing> rings_ = std::make_shared<ringing>();
    std::optional<place> place_;
  };

  std::shared_ptr<shared_state> state_ = std::make_shared<shared_state>();
  std::chrono::system_clock::time_point wall_at_start_ = std::chrono::system_clock::now();
};

/// Runs what is ready on `io` until nothing is.
inline void run_ready(asio::io_context& io) {
  do {
    io.restart();
  } while (io.poll() != 0);
}

/// Runs `io`, and whenever it is idle jumps to the next alarm, until `done()`: true. False when nothing is
/// left that could make it so, or after `limit` of virtual time, with the clock standing at the limit.
inline bool run_until(asio::io_context& io, virtual_clock& time, const std::function<bool()>& done,
                      clock::duration limit = std::chrono::hours(24)) {
  const auto end = time.now() + limit;
  for (;;) {
    run_ready(io);
    if (done()) return true;
    const auto next = time.next_alarm();
    if (!next) return false;
    if (*next > end) break;
    time.advance_to(*next);
  }
  time.advance_to(end);
  run_ready(io);
  return done();
}

/// Runs `io` and jumps from alarm to alarm until nothing is left to do, or until `limit` of virtual time has
/// passed.
inline void run_with_virtual_time(asio::io_context& io, virtual_clock& time,
                                  clock::duration limit = std::chrono::hours(24)) {
  run_until(
      io, time, [] { return false; }, limit);
}

}  // namespace coseal::test
