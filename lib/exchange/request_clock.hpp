#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <mutex>
#include <utility>

namespace coseal {

/// How far from R's clock a request may be, to either side.
inline constexpr std::chrono::milliseconds request_window = std::chrono::seconds(30);

/// R's clock: milliseconds since 1970, never back. When the system's clock is set back it stands still, so
/// that no request becomes fresh again that the replay guard has forgotten. Thread-safe.
class request_clock {
 public:
  using wall_clock = std::function<std::chrono::system_clock::time_point()>;
  explicit request_clock(wall_clock wall) : wall_(std::move(wall)) {}

  std::chrono::milliseconds now() {
    const auto wall = std::chrono::duration_cast<std::chrono::milliseconds>(wall_().time_since_epoch());
    const std::lock_guard lock(mutex_);
    return latest_ = std::max(latest_, wall);
  }

 private:
  wall_clock wall_;
  std::mutex mutex_;
  std::chrono::milliseconds latest_{0};
};

}  // namespace coseal
