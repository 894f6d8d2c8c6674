#include "record/content.hpp"
#include "record/sealing.hpp"
#include "record/traffic_key.hpp"
#include "support/catch.hpp"

using namespace coseal;
using namespace coseal::test;
using namespace std::chrono_literals;

namespace {

const bytes rekey_content{static_cast<std::byte>(content_type::rekey)};

traffic_key some_key(int fill, clock::time_point now = some_time) {
  return traffic_key(secret_of(fill), *default_aead_backend().value(), now);
}

}  // namespace

TEST_CASE("both sides derive the same keys over 600 epochs", "[record]") {
  for (const auto level : keyed_levels) {
    const auto sealer = sealer_at(level, secret_of(0x40));
    const auto opener = opener_at(level, secret_of(0x40));
    auto now = some_time;
    for (unsigned epoch = 0; epoch < 600; ++epoch) {
      CAPTURE(to_string(level), epoch);
      const bytes content = content_of(0x02, "frame " + std::to_string(epoch));
      const bytes record = seal(*sealer, content);
      REQUIRE(std::to_integer<unsigned>(record[5]) == epoch % 256);
      REQUIRE(open(*opener, record).value() == content);
      REQUIRE(open(*opener, seal(*sealer, rekey_content)).value() == rekey_content);
      now += 1s;
      sealer->rekey(now);
      REQUIRE(opener->rekey(now));
      REQUIRE(sealer->epoch() == epoch + 1);
      REQUIRE(opener->epoch() == epoch + 1);
    }
  }
}

TEST_CASE("a key update gives the same content another record", "[record]") {
  const bytes content = content_of(0x02, "again");
  for (const auto level : keyed_levels) {
    const auto sealer = sealer_at(level, secret_of(0x41));
    const bytes before = seal(*sealer, content);
    sealer->rekey(some_time);
    const bytes after = seal(*sealer, content);
    CHECK_FALSE(std::equal(before.end() - 16, before.end(), after.end() - 16));
    const auto opener = opener_at(level, secret_of(0x41));
    opener->rekey(some_time).value();
    CHECK(open(*opener, after).value() == content);
  }
}

TEST_CASE("more key updates than one a second are refused, but for the first four", "[record]") {
  for (const auto level : keyed_levels) {
    CAPTURE(to_string(level));
    const auto opener = opener_at(level, secret_of(0x42));
    for (int i = 0; i < 4; ++i) REQUIRE(opener->rekey(some_time));
    CHECK(opener->rekey(some_time).error() == errc::rekey_too_often);
    CHECK(opener->rekey(some_time + 999ms).error() == errc::rekey_too_often);
    CHECK(opener->epoch() == 4);
    CHECK(opener->rekey(some_time + 1s));
    CHECK(opener->rekey(some_time + 1s).error() == errc::rekey_too_often);
    // Seconds that passed unused count.
    for (int i = 0; i < 5; ++i) CHECK(opener->rekey(some_time + 6s));
    CHECK(opener->rekey(some_time + 6s).error() == errc::rekey_too_often);
    // A clock that stood before the start allows nothing more and nothing less.
    const auto early = opener_at(level, secret_of(0x42));
    for (int i = 0; i < 4; ++i) REQUIRE(early->rekey(some_time - 1h));
    CHECK(early->rekey(some_time - 1h).error() == errc::rekey_too_often);
  }
}

TEST_CASE("a busy direction may update its key once in 65,536 records", "[record]") {
  const auto sealer = sealer_at(security_level::authenticated, secret_of(0x43));
  const auto opener = opener_at(security_level::authenticated, secret_of(0x43));
  for (int i = 0; i < 4; ++i) {
    sealer->rekey(some_time);
    REQUIRE(opener->rekey(some_time));
  }
  const bytes ping = content_of(0x13, "12345678");
  for (int i = 0; i < 65'535; ++i) REQUIRE(open(*opener, seal(*sealer, ping)));
  CHECK(opener->rekey(some_time).error() == errc::rekey_too_often);
  REQUIRE(open(*opener, seal(*sealer, ping)));
  CHECK(opener->rekey(some_time));
  CHECK(opener->rekey(some_time).error() == errc::rekey_too_often);
}

TEST_CASE("level none has no keys to update", "[record]") {
  CHECK(make_clear_opener()->rekey(some_time).error() == errc::malformed_record);
  CHECK_FALSE(make_clear_sealer()->rekey_due({0, 0, 0s}, some_time + 100h));
}

TEST_CASE("an update is due by records, by bytes and by age", "[record]") {
  auto key = some_key(0x44);
  const rekey_limits limits{3, 1000, 60s};
  CHECK_FALSE(key.due(limits, some_time + 59s));
  CHECK(key.due(limits, some_time + 60s));
  REQUIRE(key.next_nonce(999));
  CHECK_FALSE(key.due(limits, some_time));
  REQUIRE(key.next_nonce(1));
  CHECK(key.due(limits, some_time));

  key.update(some_time + 60s);
  CHECK_FALSE(key.due(limits, some_time + 119s));
  for (int i = 0; i < 2; ++i) REQUIRE(key.next_nonce(1));
  CHECK_FALSE(key.due(limits, some_time + 60s));
  REQUIRE(key.next_nonce(1));
  CHECK(key.due(limits, some_time + 60s));
  CHECK(key.sequence() == 3);
  CHECK(key.epoch() == 1);
}

TEST_CASE("by default an update is due after 2^22 records, 2^36 bytes or an hour", "[record]") {
  const rekey_limits limits;
  auto by_records = some_key(0x45);
  for (std::uint64_t i = 0; i + 1 < std::uint64_t{1} << 22; ++i)
    if (!by_records.next_nonce(1)) FAIL("refused at " << i);
  CHECK_FALSE(by_records.due(limits, some_time));
  REQUIRE(by_records.next_nonce(1));
  CHECK(by_records.due(limits, some_time));

  auto by_bytes = some_key(0x45);
  REQUIRE(by_bytes.next_nonce((std::size_t{1} << 36) - 1));
  CHECK_FALSE(by_bytes.due(limits, some_time + 59min));
  CHECK(by_bytes.due(limits, some_time + 1h));
  REQUIRE(by_bytes.next_nonce(1));
  CHECK(by_bytes.due(limits, some_time));
}

TEST_CASE("no key gives out more than 2^24 nonces", "[record]") {
  auto key = some_key(0x46);
  nonce_bytes last{};
  for (std::uint64_t i = 0; i < std::uint64_t{1} << 24; ++i) {
    const auto nonce = key.next_nonce(20);
    if (!nonce) FAIL("refused at " << i);
    if (i != 0 && *nonce == last) FAIL("given twice at " << i);
    last = *nonce;
  }
  CHECK(key.next_nonce(20).error() == errc::record_limit);
  CHECK(key.next_nonce(0).error() == errc::record_limit);
  key.update(some_time);
  CHECK(key.next_nonce(20));
}

TEST_CASE("no key covers more than 2^37 bytes", "[record]") {
  auto key = some_key(0x47);
  REQUIRE(key.next_nonce((std::size_t{1} << 37) - 100));
  CHECK(key.next_nonce(101).error() == errc::record_limit);
  CHECK(key.sequence() == 1);  // what is refused uses no nonce up
  CHECK(key.next_nonce(100));
  CHECK(key.next_nonce(1).error() == errc::record_limit);
  auto other = some_key(0x47);
  CHECK(other.next_nonce(~std::size_t{0}).error() == errc::record_limit);  // no wrap
}
