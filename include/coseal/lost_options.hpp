#pragma once

#include <chrono>
#include <cstddef>

namespace coseal {

/// What a server keeps for clients whose connection was lost without a close, until they resume their
/// session: handlers go on, answers are kept, pushes wait. Above level none alone, in the memory of this
/// server alone.
struct lost_options {
  lost_options() {}

  /// From the loss on; 0: nothing is kept. Twice as long as a call has by default, because clients try again
  /// after pauses that grow to 30 s.
  std::chrono::milliseconds keep{60'000};
  /// Clients at once, an eighth of them (at least 8) with the same key; one more is not kept. Each may have
  /// handlers running.
  std::size_t clients = 1024;
  /// Of each client: answers that it may not have got, and as many bytes of pushes. Beyond it the oldest go.
  /// Connected clients hold some of it too: the last answers, and what of the pushes is not confirmed.
  std::size_t bytes = 128 * 1024;
  /// Of each client: pushes that wait for it, or were sent and not confirmed.
  std::size_t pushes = 1024;
};

}  // namespace coseal
