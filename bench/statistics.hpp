#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace coseal::bench {

/// The middle value, of an even number the mean of the two in the middle; 0 of none.
double median(std::vector<double> values);
/// (largest - smallest) / median; 0 of fewer than two values.
double spread(const std::vector<double>& values);

/// Latencies of one run.
class latencies {
 public:
  using clock = std::chrono::steady_clock;

  latencies() { nanoseconds_.reserve(1 << 16); }
  void add(clock::duration d) {
    nanoseconds_.push_back(static_cast<std::uint32_t>(std::chrono::nanoseconds(d).count()));
  }
  /// Drops what the warm-up recorded.
  void clear() { nanoseconds_.clear(); }
  /// The value below which `share` of all lie, in microseconds.
  std::optional<double> quantile_us(double share);

 private:
  std::vector<std::uint32_t> nanoseconds_;
};

}  // namespace coseal::bench
