#pragma once

#include <coseal/clock.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace coseal::http {

/// How slowly bytes may move: a total time, and a least rate after a grace, so that a peer that trickles does
/// not hold a connection for all of the total.
struct pace {
  std::chrono::milliseconds total = std::chrono::seconds(60);
  std::chrono::milliseconds grace = std::chrono::seconds(10);
  std::uint64_t bytes_a_second = 4 * 1024;

  /// When more must have come than the `moved` bytes since `start`.
  clock::time_point deadline(clock::time_point start, std::uint64_t moved) const noexcept {
    const std::chrono::milliseconds earned(moved * 1000 / std::max<std::uint64_t>(bytes_a_second, 1));
    return start + std::min(total, grace + earned);
  }
};

}  // namespace coseal::http
