#include "statistics.hpp"

#include <algorithm>

namespace coseal::bench {

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double spread(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const auto [smallest, largest] = std::minmax_element(values.begin(), values.end());
  const double middle = median(values);
  return middle > 0 ? (*largest - *smallest) / middle : 0;
}

std::optional<double> latencies::quantile_us(double share) {
  if (nanoseconds_.empty()) return std::nullopt;
  const auto index = static_cast<std::size_t>(share * static_cast<double>(nanoseconds_.size() - 1));
  const auto at = nanoseconds_.begin() + static_cast<std::ptrdiff_t>(index);
  std::nth_element(nanoseconds_.begin(), at, nanoseconds_.end());
  return static_cast<double>(*at) / 1000;
}

}  // namespace coseal::bench
