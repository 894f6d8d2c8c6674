#include "observe/registry.hpp"

#include <algorithm>

namespace coseal {

void histogram::observe(double value) const noexcept {
  if (!cell_) return;
  const auto bound = std::ranges::lower_bound(cell_->bounds, value);
  cell_->counts[static_cast<std::size_t>(bound - cell_->bounds.begin())].fetch_add(1,
                                                                                   std::memory_order_relaxed);
  cell_->sum.fetch_add(value, std::memory_order_relaxed);
}

metrics::metrics() : registry_(std::make_shared<registry>()) {}

counter metrics::add_counter(const std::string& name, const std::string& help,
                             const metric_labels& labels) const {
  counter made;
  made.cell_ = std::get<std::shared_ptr<std::atomic<std::uint64_t>>>(
      registry_->find_or_make(registry::kind::counter, name, help, labels));
  return made;
}

gauge metrics::add_gauge(const std::string& name, const std::string& help,
                         const metric_labels& labels) const {
  gauge made;
  made.cell_ = std::get<std::shared_ptr<std::atomic<std::int64_t>>>(
      registry_->find_or_make(registry::kind::gauge, name, help, labels));
  return made;
}

histogram metrics::add_histogram(const std::string& name, const std::string& help,
                                 const std::vector<double>& bounds, const metric_labels& labels) const {
  histogram made;
  made.cell_ = std::get<std::shared_ptr<detail::histogram_cell>>(
      registry_->find_or_make(registry::kind::histogram, name, help, labels, bounds));
  return made;
}

std::string metrics::prometheus() const {
  return registry_->prometheus();
}

}  // namespace coseal
