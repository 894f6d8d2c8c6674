#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace coseal::tool {

/// "1.23 GB/s", decimal units.
std::string rate_text(double bytes_per_second);
std::string size_text(std::uint64_t bytes);

/// Counts bytes and time; on a terminal draws how far and how fast on standard error, ten times a second.
class progress_bar {
 public:
  progress_bar(std::optional<std::uint64_t> total, bool wanted);
  progress_bar(const progress_bar&) = delete;
  progress_bar& operator=(const progress_bar&) = delete;
  ~progress_bar() { finish(); }

  /// The clock starts at the first of these, or at start().
  void advance(std::uint64_t bytes);
  void start();
  /// Stops the clock and takes the bar off the screen.
  void finish();

  std::uint64_t bytes() const noexcept { return bytes_; }
  double seconds() const;
  double rate() const;

 private:
  using clock = std::chrono::steady_clock;
  void draw(clock::time_point now);

  std::optional<std::uint64_t> total_;
  bool shown_;
  bool drawn_ = false;
  std::uint64_t bytes_ = 0;
  std::optional<clock::time_point> started_;
  std::optional<clock::time_point> finished_;
  clock::time_point last_drawn_{};
};

}  // namespace coseal::tool
