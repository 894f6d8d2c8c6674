#include "record/content.hpp"
#include "record/sealing.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"

#include <algorithm>

using namespace coseal;
using namespace coseal::test;

namespace {

/// As a sender does that copies a payload behind a head of its own.
bytes seal_by_copy(sealer& by, const bytes& content, std::size_t head) {
  bytes record(record_header::size + content.size() + by.overhead(), std::byte{0xee});
  std::copy_n(content.begin(), head, record.begin() + record_header::size);
  by.seal_copy(record, head, std::span(content).subspan(head)).value();
  return record;
}

/// As a sender does that leaves the payload where it is.
bytes seal_by_gathering(sealer& by, const bytes& content, std::size_t head) {
  bytes start(record_header::size + head);
  std::copy_n(content.begin(), head, start.begin() + record_header::size);
  bytes tag(by.overhead());
  const bytes payload(content.begin() + static_cast<std::ptrdiff_t>(head), content.end());
  by.seal_gather(start, payload, tag).value();
  return joined({start, payload, tag});
}

}  // namespace

TEST_CASE("the three ways to seal give the same record", "[record]") {
  std::mt19937 random(11);
  const auto secret = secret_of(0x11);
  for (const auto level : all_levels) {
    for (const std::size_t size : {1U, 2U, 9U, 16U, 17U, 33U, 128U, 4095U, 70'000U}) {
      CAPTURE(to_string(level), size);
      const bytes content = random_bytes(random, size);
      const bytes whole = seal(*sealer_at(level, secret), content);
      for (const std::size_t head : {std::size_t{1}, std::min<std::size_t>(size, 5), size}) {
        CHECK(seal_by_copy(*sealer_at(level, secret), content, head) == whole);
        const auto gatherer = sealer_at(level, secret);
        CHECK(gatherer->gathers() == (level != security_level::encrypted));
        if (gatherer->gathers()) CHECK(seal_by_gathering(*gatherer, content, head) == whole);
      }
    }
  }
}

TEST_CASE("what is sealed opens to the same content, record after record", "[record]") {
  std::mt19937 random(12);
  for (const auto level : all_levels) {
    const auto sealer = sealer_at(level, secret_of(0x12));
    const auto opener = opener_at(level, secret_of(0x12));
    for (std::size_t size = 1; size < 600; size += 1 + size / 7) {
      CAPTURE(to_string(level), size);
      bytes content = random_bytes(random, size);
      content[0] &= ~padded_bit;
      CHECK(open(*opener, seal(*sealer, content)).value() == content);
    }
  }
}

TEST_CASE("backends open each other's records", "[record]") {
  const bytes content = content_of(0x02, "one and the same");
  for (const auto level : keyed_levels)
    for (const auto* one : usable_aead_backends())
      for (const auto* other : usable_aead_backends()) {
        CAPTURE(to_string(level), one->name(), other->name());
        forget_nonces_for_testing();
        const auto sealer = make_sealer(level, secret_of(0x13), *one, some_time);
        const auto opener = make_opener(level, secret_of(0x13), *other, some_time);
        CHECK(open(*opener, seal(*sealer, content)).value() == content);
        CHECK(open(*opener, seal(*sealer, content)).value() == content);
      }
}

TEST_CASE("only the level encrypted hides its content", "[record]") {
  const bytes content = content_of(0x02, "plain to see or not");
  for (const auto level : all_levels) {
    const bytes record = seal(*sealer_at(level, secret_of(0x14)), content);
    const bool seen =
        std::search(record.begin(), record.end(), content.begin() + 1, content.end()) != record.end();
    CHECK(seen == (level != security_level::encrypted));
    CHECK(record.size() == record_header::size + content.size() + (level == security_level::none ? 0 : 16));
  }
}

TEST_CASE("a record without content is refused at every level", "[record]") {
  for (const auto level : all_levels) {
    CAPTURE(to_string(level));
    const bytes empty = seal(*sealer_at(level, secret_of(0x15)), {});
    CHECK(open(*opener_at(level, secret_of(0x15)), empty).error() == errc::malformed_record);
  }
  // Shorter than a tag: nothing may be read before the start of the body.
  for (const auto level : keyed_levels)
    for (int n = 0; n < 16; ++n) {
      bytes record = bytes_of({0, 0, 0, n, 0x10, 0, 0, 0});
      record.resize(record.size() + static_cast<std::size_t>(n));
      CHECK(open(*opener_at(level, secret_of(0x15)), record).error() == errc::malformed_record);
    }
}

TEST_CASE("keys that were dropped at rest come back, and numbers go on where they stood", "[record]") {
  for (const auto level : all_levels) {
    const auto resting = sealer_at(level, secret_of(0x17)), awake = sealer_at(level, secret_of(0x17));
    const auto opening = opener_at(level, secret_of(0x17));
    for (int i = 0; i < 6; ++i) {
      CAPTURE(to_string(level), i);
      const bytes content = content_of(0x02, "frame " + std::to_string(i));
      if (i == 4 && level != security_level::none) {
        resting->rekey(some_time);
        awake->rekey(some_time);
        CHECK(opening->rekey(some_time).has_value());
      }
      if (i % 2 == 0) resting->drop_expanded_key();
      if (i % 3 == 0) opening->drop_expanded_key();
      forget_nonces_for_testing();
      const bytes record = seal(*resting, content);
      forget_nonces_for_testing();
      CHECK(record == seal(*awake, content));
      CHECK(open(*opening, record).value() == content);
    }
  }
}

#if defined(COSEAL_NONCE_AUDIT)
TEST_CASE("the audit stops a program that seals twice with one nonce", "[record]") {
  child_process twice([] {
    const bytes content = content_of(0x02, "x");
    const auto one = sealer_at(security_level::encrypted, secret_of(0x16));
    const auto same =
        make_sealer(security_level::encrypted, secret_of(0x16), *default_aead_backend().value(), some_time);
    seal(*one, content);
    seal(*same, content);
    return 0;
  });
  CHECK(twice.wait() == 128 + SIGABRT);
}
#endif
