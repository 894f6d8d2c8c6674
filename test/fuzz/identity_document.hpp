#pragma once

#include "crypto/hash.hpp"
#include "trust/identity_document.hpp"
#include "trust/pin_record.hpp"

#include <algorithm>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

namespace coseal::test {

/// Parses any bytes as an identity document (as they are, and with a checksum that fits), as a pin and as the
/// key of a pin. What parses must be written as the same bytes again.
inline void fuzz_identity_document(std::span<const std::byte> input) {
  const auto check = [](std::span<const std::byte> bytes) {
    const auto document = parse_identity_document(bytes);
    if (document && !std::ranges::equal(write_identity_document(*document), bytes)) std::abort();
  };
  check(input);
  std::vector<std::byte> summed(input.begin(), input.end());
  const digest sum = sha256::of(input);
  summed.insert(summed.end(), sum.begin(), sum.begin() + 16);
  check(summed);

  const auto record = parse_pin_record(input);
  if (record && !std::ranges::equal(write_pin_record(*record), input)) std::abort();
  const std::string_view text(reinterpret_cast<const char*>(input.data()), input.size());
  const auto name = parse_pin_key(text);
  if (name && pin_key(name->role, name->where) != text) std::abort();
}

}  // namespace coseal::test
