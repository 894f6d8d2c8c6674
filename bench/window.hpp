#pragma once

#include <chrono>
#include <cstdint>

namespace coseal::bench {

/// Counts what is delivered between the end of the warm-up and the end of the run. Time starts with the first
/// call, so that setting up the connection is not part of it.
class window {
 public:
  using clock = std::chrono::steady_clock;

  window(std::chrono::nanoseconds warm_up, std::chrono::nanoseconds length)
      : warm_up_(warm_up), length_(length) {}

  /// Once a batch; true when this call has ended the warm-up.
  bool add(std::uint64_t delivered, clock::time_point now = clock::now()) {
    total_ += delivered;
    switch (phase_) {
      case phase::unstarted:
        began_ = now;
        phase_ = phase::warming;
        return false;
      case phase::warming:
        if (now - began_ < warm_up_) return false;
        began_ = now;
        before_ = total_;
        phase_ = phase::measuring;
        return true;
      case phase::measuring:
        if (now - began_ < length_) return false;
        rate_ = static_cast<double>(total_ - before_) / std::chrono::duration<double>(now - began_).count();
        phase_ = phase::over;
        return false;
      case phase::over:
        return false;
    }
    return false;
  }

  bool over() const { return phase_ == phase::over; }
  /// A second, of the measured part.
  double rate() const { return rate_; }
  /// Everything, warm-up and tail included.
  std::uint64_t total() const { return total_; }

 private:
  enum class phase { unstarted, warming, measuring, over };

  std::chrono::nanoseconds warm_up_;
  std::chrono::nanoseconds length_;
  phase phase_ = phase::unstarted;
  clock::time_point began_;
  std::uint64_t total_ = 0;
  std::uint64_t before_ = 0;
  double rate_ = 0;
};

}  // namespace coseal::bench
