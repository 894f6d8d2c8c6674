#pragma once

#include "session/wait_list.hpp"

#include <coseal/clock.hpp>
#include <coseal/operation_options.hpp>
#include <coseal/result.hpp>

#include <algorithm>
#include <random>

namespace coseal {

/// Exponential backoff with jitter: each pause is drawn between half and all of twice the one before. Not
/// thread-safe.
class backoff {
 public:
  backoff(clock::duration first, clock::duration longest) noexcept : first_(first), longest_(longest) {}

  clock::duration next() {
    const auto whole = next_;
    next_ = std::min(next_ * 2, longest_);
    return clock::duration(
        std::uniform_int_distribution<clock::duration::rep>(whole.count() / 2, whole.count())(random_));
  }
  void reset() noexcept { next_ = first_; }

 private:
  clock::duration first_, longest_;
  clock::duration next_ = std::min(first_, longest_);
  std::minstd_rand random_{std::random_device{}()};
};

/// Suspends the caller until `when`; errc::timed_out if the bounds end before, errc::cancelled.
task<result<void>> sleep_until(std::shared_ptr<clock> time, clock::time_point when, wait_bounds bounds);

}  // namespace coseal
