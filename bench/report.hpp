#pragma once

#include "contest.hpp"
#include "options.hpp"

#include <coseal/security_level.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace coseal::bench {

/// One line of the report; what does not apply stays empty (null in JSON).
struct figure {
  std::string scenario;
  std::optional<security_level> level;
  std::optional<carrier_kind> carrier;
  std::optional<std::size_t> size;
  std::optional<std::string> aead;
  std::optional<api_form> form;
  std::optional<double> rate;
  std::optional<double> baseline_rate;
  std::optional<double> floor_rate;
  std::optional<double> ratio;
  std::optional<double> floor_ratio;
  std::optional<double> p50_us;
  std::optional<double> p99_us;
  std::optional<double> bytes_per_connection;
  std::optional<double> heap_bytes_per_connection;
  std::optional<double> kernel_bytes_per_connection;
  std::optional<double> baseline_bytes_per_connection;
  int runs = 0;
  double spread = 0;

  /// Rate, spread and latencies from the subject's runs.
  void take(const series& subject);
  /// Rate of the baseline and the ratio to it, round by round.
  void compare_to_baseline(const series& subject, const series& baseline);
  void compare_to_floor(const series& subject, const series& floor);
};

/// Prints figures as they come: a table for people or one JSON object a line.
class report {
 public:
  /// Prints the head: to standard output above a table, to standard error above JSON.
  explicit report(const options& o);

  void add(figure f);
  const std::vector<figure>& figures() const { return figures_; }

 private:
  const bool json_;
  std::vector<figure> figures_;
};

/// "51.2 M", "276 k", "4.41 k".
std::string short_number(double value);
/// "64 B", "16 KiB".
std::string short_size(std::size_t bytes);
/// The figure as one line of JSON.
std::string to_json(const figure& f);

}  // namespace coseal::bench
