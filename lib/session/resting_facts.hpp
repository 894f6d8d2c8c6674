#pragma once

#include <coseal/session.hpp>

#include <cstddef>
#include <vector>

namespace coseal {

/// What session_info says of the two ends, in a third of the memory. Without its counters.
class resting_facts {
 public:
  explicit resting_facts(const session_info& from);
  session_info unpack() const;

 private:
  std::vector<std::byte> packed_;
};

}  // namespace coseal
