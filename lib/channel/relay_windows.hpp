#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>

namespace coseal {

/// Which messages of which processes a relay has taken already. A message is good for 30 s to either side of
/// its time; the numbers of a process may overtake each other by up to 63 (as in RFC 4303, 3.4.3). Processes
/// that were silent for longer than any of their messages is good are forgotten. Not thread-safe.
class relay_windows {
 public:
  using process_id = std::array<std::byte, 16>;

  static constexpr std::chrono::milliseconds window = std::chrono::seconds(30);
  static constexpr std::size_t max_processes = 1024;

  /// True, and noted, for a message that was not taken before. `now` is wall time; it is not let run back.
  bool admit(const process_id& process, std::uint64_t number, std::chrono::milliseconds time,
             std::chrono::milliseconds now);

 private:
  struct numbers {
    std::uint64_t latest = 0;
    std::uint64_t taken = 0;  ///< bit n: latest - n
    std::chrono::milliseconds heard{0};
  };
  void forget_silent();

  std::map<process_id, numbers> processes_;
  std::chrono::milliseconds now_{0};
};

}  // namespace coseal
