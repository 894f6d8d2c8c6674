#pragma once

#include <chrono>
#include <functional>

namespace coseal {

/// Where the trust layer takes its time from.
struct trust_clock {
  std::function<std::chrono::steady_clock::time_point()> steady = std::chrono::steady_clock::now;
  std::function<std::chrono::system_clock::time_point()> system = std::chrono::system_clock::now;
};

}  // namespace coseal
