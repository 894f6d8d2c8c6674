#include "fuzz/values.hpp"

#include "support/every_value.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

void fuzz_values(std::span<const std::byte> input) {
  coseal::decode_failure where;
  const auto value = coseal::decode<coseal::test::every_value>(input, &where);
  if (value) {
    if (!std::ranges::equal(coseal::encode(*value), input)) std::abort();
  } else if (where.text().empty() || where.code != value.error()) {
    std::abort();
  }
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz_values(std::as_bytes(std::span(data, size)));
  return 0;
}
