#pragma once

#include <functional>

namespace coseal::bench {

/// Runs both at once, each on a thread and, if `pin`, on a physical core of its own, and waits for both. An
/// exception of either is passed on after both have ended; `stop` is called at once when one throws, so that
/// the other ends too.
void run_on_two_cores(bool pin, std::function<void()> first, std::function<void()> second,
                      std::function<void()> stop);

/// Cores that this process may use.
unsigned usable_cores();

}  // namespace coseal::bench
