#include "record/deframer.hpp"

#include "record/sealing.hpp"
#include "support/catch.hpp"

using namespace coseal;
using namespace coseal::test;

namespace {

/// TRAFFIC up to 300 bytes and HELLO as ever.
std::optional<std::uint32_t> some_limit(record_kind kind) {
  if (kind == record_kind::traffic) return 300;
  if (kind == record_kind::hello) return handshake_limit(kind);
  return std::nullopt;
}

bytes header(std::uint32_t length, record_kind kind, std::uint8_t epoch = 0, std::uint16_t zero = 0) {
  const auto written = record_header{length, kind, epoch, zero}.bytes();
  return bytes(written.begin(), written.end());
}

}  // namespace

TEST_CASE("every prefix of a record asks for what is missing", "[record]") {
  bytes stream =
      joined({header(5, record_kind::traffic, 9), content_of(0x02, "body"), header(0, record_kind::hello)});
  for (std::size_t n = 0; n <= stream.size(); ++n) {
    CAPTURE(n);
    const auto found = deframe(std::span(stream).first(n), some_limit).value();
    if (n < 8) CHECK((!found.record && found.needed == 8));
    if (n >= 8 && n < 13) CHECK((!found.record && found.needed == 13));
    if (n < 13) continue;
    REQUIRE(found.record);
    CHECK(found.record->header == record_header{5, record_kind::traffic, 9});
    CHECK(found.record->body.data() == stream.data() + 8);  // in place
    CHECK(found.record->body.size() == 5);
  }
  const auto empty = deframe(std::span(stream).subspan(13), some_limit).value();
  REQUIRE(empty.record);
  CHECK(empty.record->body.empty());
}

TEST_CASE("a header is judged before its body is there", "[record]") {
  const auto verdict = [](bytes input) { return deframe(std::span(input), some_limit).error(); };
  CHECK(verdict(header(300, record_kind::traffic)) == std::error_code());
  CHECK(verdict(header(301, record_kind::traffic)) == errc::record_too_large);
  CHECK(verdict(header(0xffffffff, record_kind::traffic)) == errc::record_too_large);
  CHECK(verdict(header(1024, record_kind::hello)) == std::error_code());
  CHECK(verdict(header(1025, record_kind::hello)) == errc::record_too_large);
  CHECK(verdict(header(1, record_kind::finish)) == errc::unexpected_record);
  CHECK(verdict(header(1, static_cast<record_kind>(0x06))) == errc::unexpected_record);
  CHECK(verdict(header(0xffffffff, static_cast<record_kind>(0xff))) == errc::unexpected_record);
  CHECK(verdict(header(1, record_kind::traffic, 0, 1)) == errc::malformed_record);
  CHECK(verdict(header(1, record_kind::traffic, 0, 0x0100)) == errc::malformed_record);
}
