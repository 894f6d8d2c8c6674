#include "fuzz/storage_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coseal::test::fuzz_storage_file(std::as_bytes(std::span(data, size)));
  return 0;
}
