#include "support/catch.hpp"
#include "support/every_value.hpp"

#include <coseal/codec.hpp>

using namespace coseal;
using coseal::test::every_value;

namespace {

/// Whatever comes in: a value of which it is the encoding, or an error.
bool is_error_or_canonical(std::span<const std::byte> bytes) {
  const auto value = decode<every_value>(bytes);
  return !value || std::ranges::equal(encode(*value), bytes);
}

/// Small enough for trying every bit.
std::vector<std::byte> small_encoding(test::random_values& random) {
  for (;;) {
    auto bytes = encode(random.any<every_value>());
    if (bytes.size() < 400) return bytes;
  }
}

}  // namespace

TEST_CASE("random values of every type come back as they were, in as many bytes as announced", "[codec]") {
  test::random_values random(1);
  for (int i = 0; i < 600; ++i) {
    const auto value = random.any<every_value>();
    const auto bytes = encode(value);
    REQUIRE(bytes.size() == encoded_size(value));
    decode_failure where;
    const auto back = decode<every_value>(bytes, &where);
    CAPTURE(i, where.text());
    REQUIRE(back);
    REQUIRE(*back == value);
    REQUIRE(encode(*back) == bytes);
  }
}

TEST_CASE("no beginning of an encoding is one", "[codec]") {
  test::random_values random(2);
  for (int i = 0; i < 10; ++i) {
    const auto bytes = encode(random.any<every_value>());
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      const auto cut = decode<every_value>(std::span(bytes).first(n));
      CAPTURE(i, n);
      REQUIRE_FALSE(cut);
      REQUIRE((cut.error() == value_errc::truncated || cut.error() == value_errc::too_many));
    }
    auto more = bytes;
    more.push_back(std::byte{0});
    REQUIRE(decode<every_value>(more).error() == value_errc::trailing_bytes);
  }
}

TEST_CASE("a flipped bit makes an error or the one encoding of another value", "[codec]") {
  test::random_values random(3);
  for (int i = 0; i < 5; ++i) {
    auto bytes = small_encoding(random);
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      const auto mask = static_cast<std::byte>(1U << bit % 8);
      bytes[bit / 8] ^= mask;
      if (!is_error_or_canonical(bytes)) FAIL_CHECK("value " << i << ", bit " << bit);
      bytes[bit / 8] ^= mask;
    }
  }
}

TEST_CASE("random bytes in an encoding make an error or the one encoding of another value", "[codec]") {
  test::random_values random(4);
  for (int i = 0; i < 1000; ++i) {
    auto bytes = encode(random.any<every_value>());
    for (auto n = 1 + random.below(3); n > 0; --n) random.fill(bytes[random.below(bytes.size())]);
    if (!is_error_or_canonical(bytes)) FAIL_CHECK("value " << i);
  }
}

TEST_CASE("every length of a number is used for the numbers that need it", "[codec]") {
  for (unsigned bits = 0; bits <= 64; ++bits) {
    const std::uint64_t highest = bits == 0 ? 0 : ~std::uint64_t{0} >> (64 - bits);
    const std::size_t expected = bits > 56 ? 9 : bits <= 7 ? 1 : (bits + 6) / 7;
    CAPTURE(bits);
    REQUIRE(encode(highest).size() == expected);
    REQUIRE(*decode<std::uint64_t>(encode(highest)) == highest);
    REQUIRE(*decode<std::uint64_t>(encode(highest / 2 + 1)) == highest / 2 + 1);
    const auto positive = static_cast<std::int64_t>(highest >> 1), negative = -positive - 1;
    REQUIRE(*decode<std::int64_t>(encode(positive)) == positive);
    REQUIRE(*decode<std::int64_t>(encode(negative)) == negative);
    REQUIRE(encode(negative).size() == expected);
  }
  // Sorted encodings are sorted numbers.
  test::random_values random(5);
  for (int i = 0; i < 2000; ++i) {
    const auto one = random.any<std::uint64_t>(), other = random.any<std::uint64_t>();
    REQUIRE((one < other) == std::ranges::lexicographical_compare(encode(one), encode(other)));
  }
}
