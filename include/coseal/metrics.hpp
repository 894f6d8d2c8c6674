#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace coseal {

/// Names and values, in the order in which they are shown. Every combination is kept for ever: no value that
/// somebody else chooses belongs here.
using metric_labels = std::vector<std::pair<std::string, std::string>>;

namespace detail {
struct histogram_cell;
}

/// A number that only grows. A handle; one that is empty counts nothing. Any thread.
class counter {
 public:
  counter() noexcept = default;
  void add(std::uint64_t more = 1) const noexcept {
    if (cell_) cell_->fetch_add(more, std::memory_order_relaxed);
  }
  std::uint64_t value() const noexcept { return cell_ ? cell_->load(std::memory_order_relaxed) : 0; }

 private:
  friend class metrics;
  friend class metrics_readings;
  std::shared_ptr<std::atomic<std::uint64_t>> cell_;
};

/// A number that goes up and down. A handle; one that is empty keeps nothing. Any thread.
class gauge {
 public:
  gauge() noexcept = default;
  void add(std::int64_t more) const noexcept {
    if (cell_) cell_->fetch_add(more, std::memory_order_relaxed);
  }
  void set(std::int64_t now) const noexcept {
    if (cell_) cell_->store(now, std::memory_order_relaxed);
  }
  std::int64_t value() const noexcept { return cell_ ? cell_->load(std::memory_order_relaxed) : 0; }

 private:
  friend class metrics;
  friend class metrics_readings;
  std::shared_ptr<std::atomic<std::int64_t>> cell_;
};

/// How often a measured value fell below each of some bounds. A handle; one that is empty counts nothing. Any
/// thread.
class histogram {
 public:
  histogram() noexcept = default;
  void observe(double value) const noexcept;
  /// In seconds.
  void observe(std::chrono::nanoseconds value) const noexcept {
    observe(std::chrono::duration<double>(value).count());
  }
  explicit operator bool() const noexcept { return cell_ != nullptr; }

 private:
  friend class metrics;
  std::shared_ptr<detail::histogram_cell> cell_;
};

/// Numbers about a program, for Prometheus: those of coseal once an endpoint or runtime was told to
/// `observe` it, and the application's own. A handle: copies share one registry. Any thread.
class metrics {
 public:
  metrics();

  /// The series with these labels, made where it is not there yet. `name` ends in "_total". Throws
  /// coseal::error (errc::invalid_option): a name that Prometheus does not take, or one that was given to
  /// something else.
  counter add_counter(const std::string& name, const std::string& help,
                      const metric_labels& labels = {}) const;
  gauge add_gauge(const std::string& name, const std::string& help, const metric_labels& labels = {}) const;
  /// `bounds` ascend; the last, infinity, is not among them.
  histogram add_histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                          const metric_labels& labels = {}) const;

  /// All of it in Prometheus' text format 0.0.4. Reads the counters of the sessions that are open, so what
  /// was counted before the call is in it.
  std::string prometheus() const;

  class registry;  // lib/observe/registry.hpp
  const std::shared_ptr<registry>& shared_registry() const noexcept { return registry_; }

 private:
  std::shared_ptr<registry> registry_;
};

}  // namespace coseal
