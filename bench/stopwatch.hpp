#pragma once

#include <chrono>
#include <ctime>

namespace coseal::bench {

/// Which time a measurement on one thread takes.
enum class time_kind {
  wall,
  processor,  ///< of this thread: what other programs do meanwhile does not count
};

inline std::chrono::nanoseconds time_now(time_kind kind) {
  timespec now{};
  clock_gettime(kind == time_kind::wall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace coseal::bench
