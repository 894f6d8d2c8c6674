#pragma once
// The coroutines of a connection's handlers.

#include "channel/running_call.hpp"

#include <asio/cancellation_signal.hpp>

#include <cstddef>
#include <deque>
#include <memory>

namespace coseal {

/// Calls whose handlers have not begun, in their order. Used on the connection's strand alone.
///
/// One coroutine runs handler after handler for as long as none of them suspends; one that does keeps its
/// coroutine, and the next call gets another. Beginning a coroutine on a strand costs several times what a
/// small handler does, and calls that arrive together share one this way.
class handler_queue {
 public:
  void push(std::shared_ptr<running_call> call) { waiting_.push_back(std::move(call)); }
  std::size_t size() const noexcept { return waiting_.size(); }
  /// Runs all that wait until each has ended or suspended.
  void run(const std::shared_ptr<server_connection>& on);

 private:
  static task<void> run_handlers(std::shared_ptr<server_connection> on,
                                 std::shared_ptr<asio::cancellation_signal> stop);

  std::deque<std::shared_ptr<running_call>> waiting_;
};

}  // namespace coseal
