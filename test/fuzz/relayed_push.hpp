#pragma once

#include "channel/relayed_push.hpp"

#include <algorithm>
#include <cstdlib>
#include <span>

namespace coseal::test {

/// What parses must be written as the same bytes again.
inline void fuzz_relayed_push(std::span<const std::byte> input) {
  const auto message = parse_relayed_push(input);
  if (message && !std::ranges::equal(write_relayed_push(*message), input)) std::abort();
}

}  // namespace coseal::test
