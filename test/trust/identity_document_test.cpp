#include "trust/identity_document.hpp"

#include "fuzz/identity_document.hpp"
#include "support/catch.hpp"

#include <coseal/error.hpp>

#include <random>
#include <set>

using namespace coseal;
using namespace std::chrono_literals;

namespace {

const unix_ms made_at{1'700'000'000'000ms};

identity_document rotated(int times) {
  auto document = make_identity(made_at);
  for (int i = 0; i < times; ++i)
    document = rotate_key(std::move(document), coordinate("backend", "a")).value();
  return document;
}

std::vector<std::byte> with_document_sum(std::vector<std::byte> body) {
  const digest sum = sha256::of(body);
  body.insert(body.end(), sum.begin(), sum.begin() + 16);
  return body;
}

std::vector<std::uint32_t> ids(const key_ring& ring) {
  std::vector<std::uint32_t> out;
  for (const auto& key : ring.keys) out.push_back(key.id);
  return out;
}

}  // namespace

TEST_CASE("an identity document is read as it was written", "[trust]") {
  auto document = rotated(3);
  document.auth_epoch = 42;
  roll_rings(document, made_at + 24h);
  const auto bytes = write_identity_document(document);
  const auto read = parse_identity_document(bytes);
  REQUIRE(read);
  CHECK(read->key().public_part() == document.key().public_part());
  CHECK(read->instance == document.instance);
  CHECK(read->auth_epoch == 42);
  CHECK(read->created == made_at);
  CHECK(read->succession.size() == 3);
  CHECK(ids(read->request_ring) == ids(document.request_ring));
  CHECK(equal_constant_time(read->ticket_ring.next().key.view(), document.ticket_ring.next().key.view()));
  CHECK(write_identity_document(*read) == bytes);
}

TEST_CASE("two new identities share nothing", "[trust]") {
  const auto a = make_identity(made_at);
  const auto b = make_identity(made_at);
  CHECK(a.key().public_part() != b.key().public_part());
  CHECK(a.instance != b.instance);
  std::set<std::vector<std::byte>> keys;
  for (const auto* document : {&a, &b})
    for (const auto* ring : {&document->request_ring, &document->ticket_ring})
      for (const auto& key : ring->keys) keys.emplace(key.key.view().begin(), key.key.view().end());
  CHECK(keys.size() == 8);
  CHECK(a.instance.size() == 16);
  CHECK(coordinate::parse("env/" + a.instance));
}

TEST_CASE("an identity document that is cut or changed anywhere is corrupt", "[trust]") {
  const auto bytes = write_identity_document(rotated(1));
  for (std::size_t n = 0; n < bytes.size(); ++n)
    CHECK(parse_identity_document(std::span(bytes).first(n)).error() == errc::identity_corrupt);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); bit += 3) {
    auto changed = bytes;
    changed[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    CHECK(parse_identity_document(changed).error() == errc::identity_corrupt);
  }
}

TEST_CASE("an identity document with a good checksum and bad content is corrupt", "[trust]") {
  auto body = write_identity_document(rotated(1));
  body.resize(body.size() - 16);
  REQUIRE(parse_identity_document(with_document_sum(body)));
  const auto corrupt = [](std::vector<std::byte> changed) {
    return parse_identity_document(with_document_sum(std::move(changed))).error() == errc::identity_corrupt;
  };
  for (std::size_t n = 0; n < body.size(); ++n)
    CHECK(corrupt({body.begin(), body.begin() + static_cast<int>(n)}));

  auto longer = body;
  longer.push_back(std::byte{0});
  CHECK(corrupt(longer));
  auto other_seed = body;
  other_seed[16] ^= std::byte{1};
  CHECK(corrupt(other_seed));  // the chain no longer leads to this key
  auto bad_instance = body;
  bad_instance[16 + 32 + 1] = std::byte{'/'};
  CHECK(corrupt(bad_instance));

  auto swapped = make_identity(made_at);
  std::swap(swapped.request_ring.keys[0].id, swapped.request_ring.keys[1].id);
  CHECK(parse_identity_document(write_identity_document(swapped)).error() == errc::identity_corrupt);
  auto lonely = make_identity(made_at);
  lonely.ticket_ring.keys.pop_back();
  CHECK(parse_identity_document(write_identity_document(lonely)).error() == errc::identity_corrupt);
  auto nameless = make_identity(made_at);
  nameless.instance.clear();
  CHECK(parse_identity_document(write_identity_document(nameless)).error() == errc::identity_corrupt);
}

TEST_CASE("an identity made under a clock that is far off can be read again", "[trust]") {
  for (const auto now : {unix_ms(-5ms), unix_ms(unix_ms::duration(9'200'000'000'000'000))})
    CHECK(parse_identity_document(write_identity_document(make_identity(now))));
}

TEST_CASE("a rotation leads from every earlier key to the new one", "[trust]") {
  auto document = make_identity(made_at);
  const coordinate where("backend", document.instance);
  std::vector<public_key> keys = {document.key().public_part()};
  for (int i = 1; i <= 10; ++i) {
    document = rotate_key(std::move(document), where).value();
    keys.push_back(document.key().public_part());
    CHECK(document.succession_serial() == static_cast<std::uint64_t>(i));
  }
  CHECK(document.succession.size() == max_succession);
  for (std::size_t pinned = 2; pinned < 10; ++pinned)
    CHECK(follow_succession(document.succession, keys[pinned], pinned, keys[10], where).value() == 10);
  CHECK(follow_succession(document.succession, keys[1], 1, keys[10], where).error() == errc::key_changed);
  CHECK(parse_identity_document(write_identity_document(document)));
  CHECK(rotate_key(make_identity(made_at), coordinate()).error() == errc::invalid_coordinate);
}

TEST_CASE("a ring publishes each key one period before it is used", "[trust]") {
  auto document = make_identity(made_at);
  auto& ring = document.request_ring;
  CHECK(!roll_rings(document, made_at + 12h - 1ms));
  CHECK(!roll_rings(document, made_at - 1h));
  CHECK(ring.current().id == 1);

  const auto published = ring.next().id;
  REQUIRE(roll_rings(document, made_at + 12h));
  CHECK(ring.current().id == published);
  CHECK(ids(ring) == std::vector<std::uint32_t>{1, 2, 3});
  CHECK(!roll_rings(document, made_at + 12h));
  REQUIRE(roll_rings(document, made_at + 24h));
  CHECK(ids(ring) == std::vector<std::uint32_t>{2, 3, 4});
  CHECK(ring.find(2) == &ring.keys[0]);
  CHECK(ring.find(1) == nullptr);
}

TEST_CASE("a ticket key is kept until the longest binding has expired", "[trust]") {
  auto document = make_identity(made_at);
  auto& ring = document.ticket_ring;
  for (int day = 1; day <= 30; ++day) {
    const auto current_until_now = ring.current().id;
    REQUIRE(roll_rings(document, made_at + day * 24h));
    CHECK(ring.find(current_until_now) != nullptr);
    // The key that ceased to be current a week ago less a day is still there, the one of a week ago is gone.
    if (day > 7) {
      CHECK(ring.find(current_until_now - 6) != nullptr);
      CHECK(ring.find(current_until_now - 7) == nullptr);
    }
    CHECK(ring.keys.size() <= max_ring_keys);
  }
  CHECK(parse_identity_document(write_identity_document(document)));
}

TEST_CASE("the identity and pin parsers survive mutated input", "[trust]") {
  std::mt19937 random(11);
  auto body = write_identity_document(rotated(2));
  test::fuzz_identity_document(body);
  body.resize(body.size() - 16);
  test::fuzz_identity_document(write_pin_record(pin_record()));
  for (int i = 0; i < 5'000; ++i) {
    auto changed = body;
    for (int n = 0; n < 2; ++n) changed[random() % changed.size()] = static_cast<std::byte>(random());
    if (random() % 4 == 0) changed.resize(random() % changed.size());
    test::fuzz_identity_document(changed);
    auto record = write_pin_record(pin_record());
    record[random() % record.size()] = static_cast<std::byte>(random());
    test::fuzz_identity_document(record);
  }
}
