#pragma once
// What a `metrics` is behind its handle: families of series by name, and the living things whose own counters
// are read when somebody asks.

#include <coseal/metrics.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <typeindex>
#include <unordered_map>
#include <variant>
#include <vector>

namespace coseal {

struct detail::histogram_cell {
  explicit histogram_cell(std::vector<double> upper) : bounds(std::move(upper)), counts(bounds.size() + 1) {}

  const std::vector<double> bounds;
  std::vector<std::atomic<std::uint64_t>> counts;  ///< the last: above all bounds
  std::atomic<double> sum{0};
};

/// What sources add up to at one moment.
class metrics_readings {
 public:
  void add(const counter& to, std::uint64_t more) { counters_[to.cell_.get()] += more; }
  void add(const gauge& to, std::int64_t more) { gauges_[to.cell_.get()] += more; }

  std::uint64_t of(const std::atomic<std::uint64_t>& cell) const;
  std::int64_t of(const std::atomic<std::int64_t>& cell) const;
  /// Counters alone: what was counted stays when the one who counted goes.
  void keep_counters() const noexcept;

 private:
  std::unordered_map<std::atomic<std::uint64_t>*, std::uint64_t> counters_;
  std::unordered_map<const std::atomic<std::int64_t>*, std::int64_t> gauges_;
};

/// Something with counters of its own, which cost nothing until they are read.
class metrics_source {
 public:
  virtual ~metrics_source() = default;
  /// Called under the registry's lock, from any thread: takes no lock but its own, and lets go of no source.
  virtual void read(metrics_readings& into) const = 0;
};

class metrics::registry {
 public:
  enum class kind { counter, gauge, histogram };
  using cell =
      std::variant<std::shared_ptr<std::atomic<std::uint64_t>>, std::shared_ptr<std::atomic<std::int64_t>>,
                   std::shared_ptr<detail::histogram_cell>>;

  /// The cell of one series; `make` where it is new. Throws as metrics::add_counter does.
  cell find_or_make(kind what, const std::string& name, const std::string& help, const metric_labels& labels,
                    std::span<const double> bounds = {});

  /// The T of this registry, made from `of` at its first use: a layer's own series.
  template <typename T>
  std::shared_ptr<const T> layer(const metrics& of) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = layers_.find(typeid(T)); found != layers_.end())
        return std::static_pointer_cast<const T>(found->second);
    }
    auto made = std::make_shared<const T>(of);  // takes the lock for its series; twice makes the same ones
    const std::lock_guard lock(mutex_);
    return std::static_pointer_cast<const T>(layers_.try_emplace(typeid(T), std::move(made)).first->second);
  }

  void add(const metrics_source& source);
  /// Reads it for the last time.
  void remove(const metrics_source& source) noexcept;

  std::string prometheus() const;

 private:
  struct family {
    kind what;
    std::string help;
    std::vector<std::string> label_names;
    std::vector<double> bounds;
    std::map<std::string, cell> series;  // by their labels as they are shown
  };

  bool clashes(const std::string& name, kind what) const;

  mutable std::mutex mutex_;  // of what stands up to the next; short
  std::map<std::string, family> families_;
  std::map<std::type_index, std::shared_ptr<const void>> layers_;
  mutable std::mutex sources_mutex_;  // before the other
  std::set<const metrics_source*> sources_;
};

/// A source among those that are read, from `begin` until its end, which must come before the source's.
class read_source {
 public:
  read_source() noexcept = default;
  read_source(const read_source&) = delete;
  read_source& operator=(const read_source&) = delete;
  ~read_source() { end(); }

  void begin(std::shared_ptr<metrics::registry> with, const metrics_source& source) {
    with->add(source);
    registry_ = std::move(with);
    source_ = &source;
  }
  void end() noexcept {
    if (registry_) registry_->remove(*source_);
    registry_.reset();
  }

 private:
  std::shared_ptr<metrics::registry> registry_;
  const metrics_source* source_ = nullptr;
};

}  // namespace coseal
