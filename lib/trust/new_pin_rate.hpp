#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace coseal {

/// Counts new pins a source over a sliding minute, in slots of 10 s, so that a minute's worth is never
/// exceeded. Memory is bounded: when too many sources are known, unknown ones wait. Not thread-safe.
class new_pin_rate {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  static constexpr std::size_t max_sources = 4096;

  explicit new_pin_rate(std::size_t a_minute) noexcept : limit_(a_minute) {}
  /// True, and counted, if `source` may make one more pin now.
  bool admit(const std::string& source, time_point now);
  std::size_t sources() const noexcept { return sources_.size(); }

 private:
  static constexpr std::int64_t slots = 7;  // six whole ones and the one that is running

  struct history {
    std::array<std::uint32_t, slots> counts{};
    std::int64_t last_slot = 0;
  };

  void drop_idle(std::int64_t slot);

  std::size_t limit_;
  std::unordered_map<std::string, history> sources_;
  std::int64_t dropped_at_ = 0;
};

}  // namespace coseal
