#include "record/sealing.hpp"
#include "support/catch.hpp"

using namespace coseal;
using namespace coseal::test;

namespace {

constexpr auto encrypted = security_level::encrypted;

result<bytes> sent(security_level level, const bytes& content) {
  return open(*opener_at(level, secret_of(0x30)), seal(*sealer_at(level, secret_of(0x30)), content));
}

bytes padding_zeros(std::size_t n) {
  return bytes(n);
}
bytes u16(std::size_t n) {
  return bytes_of({static_cast<int>(n >> 8), static_cast<int>(n & 0xff)});
}

}  // namespace

TEST_CASE("padding is taken off with its bit", "[record]") {
  for (const std::size_t n : {0U, 1U, 2U, 255U, 256U, 65'535U}) {
    CAPTURE(n);
    const bytes padded = joined({content_of(0x81, "body"), padding_zeros(n), u16(n)});
    CHECK(sent(encrypted, padded).value() == content_of(0x01, "body"));
    // A content may be nothing but its type.
    const bytes bare = joined({bytes_of({0x92}), padding_zeros(n), u16(n)});
    CHECK(sent(encrypted, bare).value() == bytes_of({0x12}));
  }
}

TEST_CASE("malformed padding is refused", "[record]") {
  const bytes malformed[] = {
      bytes_of({0x81}),                                          // no room for the length
      bytes_of({0x81, 0x00}),                                    // half of it
      joined({content_of(0x81, ""), padding_zeros(3), u16(4)}),  // reaches into the type
      joined({content_of(0x81, ""), padding_zeros(3), u16(5)}),  // and beyond
      joined({content_of(0x81, ""), padding_zeros(3), u16(65'535)}),
      joined({content_of(0x81, "abc"), padding_zeros(4), u16(5)}),  // the body is not zero
      joined({content_of(0x81, "abc"), bytes_of({0, 1, 0}), u16(3)}),
      joined({content_of(0x81, "abc"), bytes_of({0, 0, 1}), u16(3)}),
      joined({content_of(0x81, "abc"), bytes_of({1, 0, 0}), u16(3)}),
      joined({content_of(0x81, "abc"), bytes_of({3, 0})}),  // a length of the wrong byte order
  };
  for (const auto& content : malformed) {
    CAPTURE(content.size());
    CHECK(sent(encrypted, content).error() == errc::malformed_record);
  }
  // Zeros before the padding belong to the content.
  CHECK(sent(encrypted, joined({content_of(0x81, "abc"), padding_zeros(3), u16(1)})).value() ==
        joined({content_of(0x01, "abc"), padding_zeros(2)}));
}

TEST_CASE("the padding bit is malformed where nothing is padded", "[record]") {
  const bytes padded = joined({content_of(0x81, "body"), padding_zeros(2), u16(2)});
  CHECK(sent(security_level::authenticated, padded).error() == errc::malformed_record);
  CHECK(sent(security_level::none, padded).error() == errc::malformed_record);
}
