#include "fuzz/relayed_push.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coseal::test::fuzz_relayed_push(std::as_bytes(std::span(data, size)));
  return 0;
}
