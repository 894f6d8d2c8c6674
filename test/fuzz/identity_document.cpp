#include "fuzz/identity_document.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coseal::test::fuzz_identity_document(std::as_bytes(std::span(data, size)));
  return 0;
}
