#pragma once

#include <coseal/metrics.hpp>
#include <coseal/security_level.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace coseal {

/// The series of sessions. Those with two entries: what was sent, what was received.
struct session_metrics {
  explicit session_metrics(const metrics& of);

  std::array<std::array<gauge, 3>, 2> open;  ///< by role (connector, acceptor) and level
  std::array<counter, 2> bytes, records, frames, rekeys;
  std::array<histogram, 2> handshake_time;  ///< by role
};

/// One handshake that ended; `level` where it is known.
void count_handshake(const metrics& in, bool acceptor, std::optional<security_level> level,
                     std::string_view result);

}  // namespace coseal
