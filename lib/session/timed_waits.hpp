#pragma once

#include "session/wait_alarm.hpp"

#include <coseal/clock.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace coseal {

/// One list of waiters with its mutex and its alarm: what accept, and a connector between two rounds, wait
/// in.
class timed_waits : public waiter_owner {
 public:
  timed_waits(asio::any_io_executor executor, std::shared_ptr<clock> time)
      : executor_(std::move(executor)), time_(std::move(time)) {}
  ~timed_waits() override { free_node_memory(); }

  std::mutex& mutex() noexcept override { return mutex_; }
  void give_up(waiter& node, std::error_code error, completions& done) noexcept override {
    if (node.list() != nullptr) done.add(node, error);
  }
  void note_deadline(clock::time_point when) override;
  clock& time() noexcept override { return *time_; }
  void on_context_shutdown() noexcept override;

 protected:
  std::mutex mutex_;
  asio::any_io_executor executor_;
  std::shared_ptr<clock> time_;
  wait_list waiting_;

 private:
  void on_alarm();

  wait_alarm alarm_;
};

}  // namespace coseal
