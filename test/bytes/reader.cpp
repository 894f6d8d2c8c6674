#include "bytes/reader.hpp"

#include "support/catch.hpp"

#include <vector>

using namespace coseal;

namespace {

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

}  // namespace

TEST_CASE("a reader reads big-endian numbers of each size", "[bytes]") {
  const auto input = bytes_of({0xfe, 0x01, 0x02, 0xf3, 4, 5, 6, 0xf7, 8, 9, 10, 11, 12, 13, 14});
  reader in(input);
  REQUIRE(in.u8() == 0xfe);
  REQUIRE(in.u16() == 0x0102);
  REQUIRE(in.u32() == 0xf3040506);
  REQUIRE(in.u64() == 0xf708090a0b0c0d0e);
  REQUIRE(in.complete());
}

TEST_CASE("a reader reads fields behind their lengths", "[bytes]") {
  const auto input = bytes_of({2, 'a', 'b', 0, 1, 'c', 0, 7, 8, 9});
  reader in(input);
  REQUIRE(std::ranges::equal(in.vec8(), bytes_of({'a', 'b'})));
  REQUIRE(std::ranges::equal(in.vec16(), bytes_of({'c'})));
  REQUIRE(in.vec8().empty());
  REQUIRE(in.array<2>() == std::array{std::byte{7}, std::byte{8}});
  REQUIRE(in.left() == 1);
  REQUIRE(std::ranges::equal(in.remaining(), bytes_of({9})));
  REQUIRE(in.complete());
}

TEST_CASE("bytes left over are not complete, and no failure", "[bytes]") {
  const auto input = bytes_of({1, 2});
  reader in(input);
  in.u8();
  REQUIRE_FALSE(in.complete());
  REQUIRE_FALSE(in.failed());
}

TEST_CASE("a read past the end gives zeros and fails the reader for good", "[bytes]") {
  const auto input = bytes_of({0xff, 0xff, 0xff});
  const auto fails_after = [&](auto read) {
    reader in(input);
    read(in);
    const bool failed = in.failed() && !in.complete() && in.left() == 0;
    // What is still there after a failed read must not be taken for a field.
    return failed && in.u8() == 0 && in.bytes(1).empty() && in.failed();
  };
  REQUIRE(fails_after([](reader& in) { REQUIRE(in.u32() == 0); }));
  REQUIRE(fails_after([](reader& in) { REQUIRE(in.u64() == 0); }));
  REQUIRE(fails_after([](reader& in) { REQUIRE(in.bytes(4).empty()); }));
  REQUIRE(fails_after([](reader& in) { REQUIRE(in.bytes(~std::size_t{0}).empty()); }));
  REQUIRE(fails_after([](reader& in) { REQUIRE(in.vec8().empty()); }));
  REQUIRE(fails_after([](reader& in) { REQUIRE(in.vec16().empty()); }));
  REQUIRE(fails_after([](reader& in) { REQUIRE(in.array<4>() == std::array<std::byte, 4>{}); }));
}

TEST_CASE("a read of exactly the rest does not fail", "[bytes]") {
  const auto input = bytes_of({1, 2, 3});
  reader in(input);
  REQUIRE(in.bytes(3).size() == 3);
  REQUIRE(in.bytes(0).empty());
  REQUIRE(in.complete());
}

TEST_CASE("a reader that its parser fails stays failed", "[bytes]") {
  const auto input = bytes_of({1});
  reader in(input);
  in.fail();
  REQUIRE(in.u8() == 0);
  REQUIRE(in.remaining().empty());
  REQUIRE_FALSE(in.complete());
}
