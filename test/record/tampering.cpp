#include "record/sealing.hpp"
#include "support/catch.hpp"

using namespace coseal;
using namespace coseal::test;

namespace {

bool is_refusal(std::error_code error) {
  return error == errc::bad_record_tag || error == errc::malformed_record;
}

}  // namespace

TEST_CASE("every flipped bit of a keyed record is refused", "[record]") {
  const bytes content = content_of(0x01, std::string_view("\x00\x03"
                                                          "abc"
                                                          "\x00\x00",
                                                          7));
  for (const auto level : keyed_levels) {
    const bytes record = seal(*sealer_at(level, secret_of(0x20)), content);
    REQUIRE(open(*opener_at(level, secret_of(0x20)), record).value() == content);
    for (std::size_t bit = 0; bit < 8 * record.size(); ++bit) {
      CAPTURE(to_string(level), bit);
      bytes forged = record;
      forged[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
      CHECK(is_refusal(open(*opener_at(level, secret_of(0x20)), forged).error()));
    }
  }
}

TEST_CASE("every shortened and lengthened keyed record is refused", "[record]") {
  const bytes content = content_of(0x02, "some words that are long enough to cut");
  for (const auto level : keyed_levels) {
    const bytes record = seal(*sealer_at(level, secret_of(0x21)), content);
    for (std::size_t size = record_header::size; size < record.size() + 20; ++size) {
      if (size == record.size()) continue;
      CAPTURE(to_string(level), size);
      bytes forged = record;
      forged.resize(size);
      const auto length = static_cast<std::uint32_t>(size - record_header::size);
      record_header{length, record_kind::traffic, 0}.write(std::span(forged).first<record_header::size>());
      CHECK(is_refusal(open(*opener_at(level, secret_of(0x21)), forged).error()));
    }
  }
}

TEST_CASE("a record that comes twice, out of order or after a gap is refused", "[record]") {
  for (const auto level : keyed_levels) {
    CAPTURE(to_string(level));
    const auto sealer = sealer_at(level, secret_of(0x22));
    const bytes first = seal(*sealer, content_of(0x02, "first"));
    const bytes second = seal(*sealer, content_of(0x02, "second"));
    const auto twice = opener_at(level, secret_of(0x22));
    CHECK(open(*twice, first));
    CHECK(open(*twice, first).error() == errc::bad_record_tag);
    CHECK(open(*opener_at(level, secret_of(0x22)), second).error() == errc::bad_record_tag);
  }
}

TEST_CASE("a record of another direction, level or epoch is refused", "[record]") {
  const bytes content = content_of(0x02, "mine");
  for (const auto level : keyed_levels) {
    CAPTURE(to_string(level));
    const auto other =
        level == security_level::encrypted ? security_level::authenticated : security_level::encrypted;
    const bytes record = seal(*sealer_at(level, secret_of(0x23)), content);
    CHECK(open(*opener_at(level, secret_of(0x24)), record).error() == errc::bad_record_tag);
    CHECK(open(*opener_at(other, secret_of(0x23)), record).error() == errc::bad_record_tag);

    const auto ahead = opener_at(level, secret_of(0x23));
    ahead->rekey(some_time).value();
    CHECK(open(*ahead, record).error() == errc::malformed_record);  // the epoch in the header says so
    bytes relabelled = record;
    relabelled[5] = std::byte{1};
    const auto ahead_too = opener_at(level, secret_of(0x23));
    ahead_too->rekey(some_time).value();
    CHECK(open(*ahead_too, relabelled).error() == errc::bad_record_tag);
  }
  bytes clear = seal(*make_clear_sealer(), content);
  clear[5] = std::byte{1};
  CHECK(open(*make_clear_opener(), clear).error() == errc::malformed_record);
}

TEST_CASE("a forged record at level encrypted leaves nothing of its plaintext behind", "[record]") {
  const bytes content = content_of(0x02, "attack at dawn, attack at dawn");
  bytes record = seal(*sealer_at(security_level::encrypted, secret_of(0x25)), content);
  record.back() ^= std::byte{1};
  const auto header = record_header::parse(std::span<const std::byte>(record).first<record_header::size>());
  const auto body = std::span(record).subspan(record_header::size);
  const auto opener = opener_at(security_level::encrypted, secret_of(0x25));
  REQUIRE(opener->open(header, body).error() == errc::bad_record_tag);
  for (const std::byte b : body.first(content.size())) CHECK(b == std::byte{0});
}
