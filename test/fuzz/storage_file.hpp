#pragma once

#include "crypto/hash.hpp"
#include "trust/storage/storage_file.hpp"

#include <algorithm>
#include <cstdlib>
#include <span>
#include <vector>

namespace coseal::test {

/// Parses any bytes as a storage file, as they are and with a checksum that fits, so that the parser behind
/// the checksum is reached. What parses must be written as the same bytes again.
inline void fuzz_storage_file(std::span<const std::byte> input) {
  const auto check = [](std::span<const std::byte> file) {
    const auto table = parse_storage_file(file);
    if (table && !std::ranges::equal(write_storage_file(*table), file)) std::abort();
  };
  check(input);
  std::vector<std::byte> summed(input.begin(), input.end());
  const digest sum = sha256::of(input);
  summed.insert(summed.end(), sum.begin(), sum.end());
  check(summed);
}

}  // namespace coseal::test
