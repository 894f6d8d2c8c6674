#include "bytes/writer.hpp"

#include "bytes/reader.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <limits>

using namespace coseal;

TEST_CASE("a reader gets back what a writer wrote", "[bytes]") {
  const std::vector<std::byte> longer(300, std::byte{7});
  writer out;
  out.u8(0xfe);
  out.u16(0xfedc);
  out.u32(0xfedcba98);
  out.u64(0xfedcba9876543210);
  out.text("plain");
  out.vec8("text");
  out.vec8(std::span<const std::byte>());
  out.vec16(longer);
  out.bytes(longer);
  REQUIRE(out.size() == 1 + 2 + 4 + 8 + 5 + 5 + 1 + 302 + 300);
  REQUIRE(out.view().size() == out.size());

  const auto written = std::move(out).take();
  reader in(written);
  REQUIRE(in.u8() == 0xfe);
  REQUIRE(in.u16() == 0xfedc);
  REQUIRE(in.u32() == 0xfedcba98);
  REQUIRE(in.u64() == 0xfedcba9876543210);
  REQUIRE(std::ranges::equal(in.bytes(5), std::as_bytes(std::span("plain", 5))));
  REQUIRE(std::ranges::equal(in.vec8(), std::as_bytes(std::span("text", 4))));
  REQUIRE(in.vec8().empty());
  REQUIRE(std::ranges::equal(in.vec16(), longer));
  REQUIRE(std::ranges::equal(in.remaining(), longer));
  REQUIRE(in.complete());
}

TEST_CASE("a writer puts the most significant byte first", "[bytes]") {
  writer out;
  out.u32(0x01020304);
  REQUIRE(out.view()[0] == std::byte{1});
  REQUIRE(out.view()[3] == std::byte{4});
}

TEST_CASE("the longest fields of each kind come back whole", "[bytes]") {
  const std::vector<std::byte> of_u8(0xff, std::byte{1});
  const std::vector<std::byte> of_u16(0xffff, std::byte{2});
  writer out;
  out.vec8(of_u8);
  out.vec16(of_u16);
  out.u64(std::numeric_limits<std::uint64_t>::max());
  reader in(out.view());
  REQUIRE(std::ranges::equal(in.vec8(), of_u8));
  REQUIRE(std::ranges::equal(in.vec16(), of_u16));
  REQUIRE(in.u64() == std::numeric_limits<std::uint64_t>::max());
  REQUIRE(in.complete());
}
