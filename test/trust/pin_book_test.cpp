#include "trust/pin_book.hpp"

#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/hostile_storage.hpp"
#include "support/storage_conformance.hpp"
#include "trust/pin_record.hpp"

#include <coseal/error.hpp>

#include <array>
#include <atomic>
#include <thread>

using namespace coseal;
using namespace coseal::test;
using namespace std::chrono_literals;

namespace {

const coordinate ada("frontend", "ada");
const coordinate server("backend", "one");

/// A pin book on a hostile store, with a clock that stands still until it is moved.
struct book {
  std::shared_ptr<storage> inner = memory_storage();
  std::shared_ptr<hostile_storage> store = std::make_shared<hostile_storage>(inner);
  std::chrono::steady_clock::time_point steady{1000h};
  std::chrono::system_clock::time_point system{std::chrono::sys_days(std::chrono::days(20'000)) + 5h};
  pin_book pins;

  explicit book(trust_options options = {}) : pins(store, std::move(options), clock()) {}

  trust_clock clock() {
    trust_clock c;
    c.steady = [this] { return steady; };
    c.system = [this] { return system; };
    return c;
  }
  result<peer_pinned> check(const peer_claim& claim) { return await(pins.check(claim)); }
  /// check and commit: one whole session's part.
  std::error_code admit(const peer_claim& claim) {
    auto checked = check(claim);
    if (!checked) return checked.error();
    return await(pins.commit(*checked)).error();
  }
  std::optional<pin> find(peer_role role, const coordinate& name) {
    return await(pins.find(role, name)).value();
  }
};

peer_claim connector_claim(const public_key& key, security_level level = security_level::encrypted,
                           const coordinate& where = ada) {
  peer_claim claim;
  claim.role = peer_role::connector;
  claim.where = where;
  claim.pin_name = where;
  claim.key = key;
  claim.level = level;
  return claim;
}

peer_claim acceptor_claim(const public_key& key, const coordinate& wanted,
                          security_level level = security_level::encrypted) {
  auto claim = connector_claim(key, level, server);
  claim.role = peer_role::acceptor;
  claim.pin_name = wanted;
  return claim;
}

public_key key_of(int n) {
  public_key key;
  key.bytes[0] = static_cast<std::byte>(n);
  key.bytes[1] = static_cast<std::byte>(n >> 8);
  return key;
}

coordinate user(int n) {
  return coordinate("frontend", "u" + std::to_string(n));
}

}  // namespace

TEST_CASE("a first contact is pinned at commit and not before", "[trust]") {
  book b;
  auto checked = b.check(connector_claim(key_of(1)));
  REQUIRE(checked);
  CHECK(checked->first_contact());
  CHECK(b.store->writes() == 0);
  CHECK(!b.find(peer_role::connector, ada));
  REQUIRE(await(b.pins.commit(*checked)));
  const auto pinned = b.find(peer_role::connector, ada);
  REQUIRE(pinned);
  CHECK(pinned->key == key_of(1));
  CHECK(pinned->strongest == security_level::encrypted);
  CHECK(pinned->first_seen == b.system);
  CHECK(pinned->last_seen == std::chrono::floor<std::chrono::days>(b.system));
  CHECK(!b.check(connector_claim(key_of(1)))->first_contact());
}

TEST_CASE("a pinned key comes back and another one does not", "[trust]") {
  book b;
  REQUIRE(!b.admit(connector_claim(key_of(1))));
  CHECK(!b.admit(connector_claim(key_of(1))));
  CHECK(b.admit(connector_claim(key_of(2))) == errc::key_changed);
  CHECK(b.find(peer_role::connector, ada)->key == key_of(1));
  CHECK(!b.admit(connector_claim(key_of(2), security_level::encrypted, user(1))));
}

TEST_CASE("connectors and acceptors of one coordinate are pinned apart", "[trust]") {
  book b;
  REQUIRE(!b.admit(connector_claim(key_of(1), security_level::encrypted, server)));
  CHECK(!b.admit(acceptor_claim(key_of(2), server)));
  CHECK(b.admit(acceptor_claim(key_of(1), server)) == errc::key_changed);
}

TEST_CASE("an acceptor is pinned under what was asked for", "[trust]") {
  book b;
  REQUIRE(!b.admit(acceptor_claim(key_of(1), coordinate("backend"))));
  auto impostor = acceptor_claim(key_of(2), coordinate("backend"));
  impostor.where = coordinate("backend", "never-seen");
  CHECK(b.admit(impostor) == errc::key_changed);
  CHECK(await(list_pins(b.inner)).value().size() == 1);
}

TEST_CASE("a claim that does not fit its pin name or proves nothing is refused", "[trust]") {
  book b;
  CHECK(b.admit(acceptor_claim(key_of(1), coordinate("frontend"))) == errc::coordinate_refused);
  CHECK(b.admit(acceptor_claim(key_of(1), coordinate("backend", "two"))) == errc::coordinate_refused);
  CHECK(b.admit(acceptor_claim(key_of(1), coordinate())) == errc::coordinate_refused);
  CHECK(b.admit(connector_claim(key_of(1), security_level::none)) == errc::invalid_option);
  CHECK(b.store->writes() == 0);
}

TEST_CASE("a session that changes nothing writes nothing and commits without a read", "[trust]") {
  book b;
  REQUIRE(!b.admit(connector_claim(key_of(1))));
  const auto writes = b.store->writes();
  const auto operations = b.store->operations();
  for (int i = 0; i < 10; ++i) CHECK(!b.admit(connector_claim(key_of(1))));
  CHECK(b.store->writes() == writes);
  CHECK(b.store->operations() == operations + 10);
}

TEST_CASE("the day last seen is written once a day", "[trust]") {
  book b;
  REQUIRE(!b.admit(connector_claim(key_of(1))));
  const auto first_seen = b.find(peer_role::connector, ada)->first_seen;
  b.system += 24h;
  const auto writes = b.store->writes();
  CHECK(!b.admit(connector_claim(key_of(1))));
  CHECK(!b.admit(connector_claim(key_of(1))));
  CHECK(b.store->writes() == writes + 1);
  const auto pinned = b.find(peer_role::connector, ada);
  CHECK(pinned->last_seen == std::chrono::floor<std::chrono::days>(b.system));
  CHECK(pinned->first_seen == first_seen);
  b.system -= 72h;  // a clock that steps back does not
  CHECK(!b.admit(connector_claim(key_of(1))));
  CHECK(b.store->writes() == writes + 1);
}

TEST_CASE("a store that can not write ends no session for the day last seen alone", "[trust]") {
  book b;
  REQUIRE(!b.admit(connector_claim(key_of(1), security_level::authenticated)));
  b.system += 24h;
  b.store->fail_at(2);
  CHECK(!b.admit(connector_claim(key_of(1), security_level::authenticated)));
  b.store->fail_at(2);
  CHECK(b.admit(connector_claim(key_of(1), security_level::encrypted)) == errc::storage_failed);
}

TEST_CASE("the ledger rises and the acceptor refuses to go below it", "[trust]") {
  using enum security_level;
  const auto admitted = [](level_ledger_policy policy, security_level level) {
    trust_options options;
    options.ledger = policy;
    book b(options);
    REQUIRE(!b.admit(connector_claim(key_of(1), authenticated)));
    REQUIRE(!b.admit(connector_claim(key_of(1), encrypted)));
    REQUIRE(b.find(peer_role::connector, ada)->strongest == encrypted);
    const auto answer = level == none ? await(b.pins.check_unproved(ada)).error()
                                      : b.admit(connector_claim(key_of(1), level));
    CHECK(b.find(peer_role::connector, ada)->strongest == encrypted);
    return answer;
  };
  CHECK(admitted(level_ledger_policy::refuse, encrypted) == std::error_code());
  CHECK(admitted(level_ledger_policy::refuse, authenticated) == errc::level_below_record);
  CHECK(admitted(level_ledger_policy::refuse, none) == errc::level_below_record);
  CHECK(admitted(level_ledger_policy::refuse_unauthenticated, authenticated) == std::error_code());
  CHECK(admitted(level_ledger_policy::refuse_unauthenticated, none) == errc::level_below_record);
  CHECK(admitted(level_ledger_policy::allow, authenticated) == std::error_code());
  CHECK(admitted(level_ledger_policy::allow, none) == std::error_code());
}

TEST_CASE("the connector is only told that it asks below the ledger", "[trust]") {
  book b;
  REQUIRE(!b.admit(acceptor_claim(key_of(1), coordinate("backend"))));
  CHECK(!b.check(acceptor_claim(key_of(1), coordinate("backend")))->below_record());
  const auto weaker =
      b.check(acceptor_claim(key_of(1), coordinate("backend"), security_level::authenticated));
  REQUIRE(weaker);
  CHECK(weaker->below_record());
}

TEST_CASE("an unproved claim is free for strangers and for nobody who was pinned", "[trust]") {
  book b;
  CHECK(await(b.pins.check_unproved(ada)));
  CHECK(b.store->writes() == 0);
  REQUIRE(!b.admit(acceptor_claim(key_of(1), server)));
  CHECK(await(b.pins.check_unproved(server)));  // pinned as an acceptor only
  REQUIRE(!b.admit(connector_claim(key_of(1), security_level::authenticated)));
  CHECK(await(b.pins.check_unproved(ada)).error() == errc::level_below_record);
  CHECK(await(b.pins.check_unproved(coordinate())).error() == errc::coordinate_refused);
  b.store->fail_at(0);
  CHECK(await(b.pins.check_unproved(user(1))).error() == errc::storage_failed);
}

TEST_CASE("a revoked pin is refused at every level and with any key", "[trust]") {
  trust_options lenient;
  lenient.ledger = level_ledger_policy::allow;
  book b(lenient);
  const auto old = signing_key::generate();
  const auto next = signing_key::generate();
  REQUIRE(!b.admit(connector_claim(old.public_part())));
  const auto checked_before = b.check(connector_claim(old.public_part()));
  REQUIRE(await(revoke_pin(b.inner, peer_role::connector, ada)).value());
  CHECK(b.admit(connector_claim(old.public_part())) == errc::revoked);
  CHECK(b.admit(connector_claim(next.public_part())) == errc::revoked);
  auto successor = connector_claim(next.public_part());
  successor.succession = {sign_succession(old, next.public_part(), ada, 1)};
  CHECK(b.admit(successor) == errc::revoked);
  CHECK(await(b.pins.check_unproved(ada)).error() == errc::revoked);
  REQUIRE(await(accept_pin(b.inner, peer_role::connector, ada, next.public_part())));
  CHECK(!b.admit(connector_claim(next.public_part())));
}

TEST_CASE("a revocation between check and commit is seen", "[trust]") {
  book b;
  REQUIRE(!b.admit(connector_claim(key_of(1), security_level::authenticated)));
  const auto checked = b.check(connector_claim(key_of(1), security_level::encrypted));
  REQUIRE(await(revoke_pin(b.inner, peer_role::connector, ada)).value());
  CHECK(await(b.pins.commit(*checked)).error() == errc::revoked);
  CHECK(b.find(peer_role::connector, ada)->revoked);
}

TEST_CASE("a pin follows a succession and never back", "[trust]") {
  book b;
  std::vector<signing_key> keys;
  for (int i = 0; i < 4; ++i) keys.push_back(signing_key::generate());
  const auto key = [&](std::size_t i) { return keys[i].public_part(); };
  const auto step = [&](std::size_t from, std::size_t to, std::uint64_t serial) {
    return sign_succession(keys[from], key(to), ada, serial);
  };
  REQUIRE(!b.admit(connector_claim(key(0))));

  auto claim = connector_claim(key(2));
  claim.succession = {step(0, 1, 1), step(1, 2, 2)};
  REQUIRE(!b.admit(claim));
  CHECK(b.find(peer_role::connector, ada)->key == key(2));
  CHECK(b.find(peer_role::connector, ada)->succession_serial == 2);
  const auto writes = b.store->writes();
  CHECK(!b.admit(claim));
  CHECK(b.store->writes() == writes);

  CHECK(b.admit(connector_claim(key(0))) == errc::key_changed);
  auto older = connector_claim(key(1));
  older.succession = {step(0, 1, 1)};
  CHECK(b.admit(older) == errc::key_changed);
  auto replayed = connector_claim(key(3));
  replayed.succession = {step(2, 3, 2)};  // a serial that the pin has seen
  CHECK(b.admit(replayed) == errc::bad_succession);
  auto elsewhere = connector_claim(key(3));
  elsewhere.succession = {sign_succession(keys[2], key(3), user(1), 3)};
  CHECK(b.admit(elsewhere) == errc::bad_succession);
  CHECK(b.find(peer_role::connector, ada)->key == key(2));
}

TEST_CASE("a succession of an acceptor names the coordinate it shows and moves the pin that was asked for",
          "[trust]") {
  book b;
  const auto old = signing_key::generate();
  const auto next = signing_key::generate();
  REQUIRE(!b.admit(acceptor_claim(old.public_part(), coordinate("backend"))));
  auto claim = acceptor_claim(next.public_part(), coordinate("backend"));
  claim.succession = {sign_succession(old, next.public_part(), server, 1)};
  REQUIRE(!b.admit(claim));
  CHECK(b.find(peer_role::acceptor, coordinate("backend"))->key == next.public_part());
}

TEST_CASE("a closed policy admits pinned keys alone", "[trust]") {
  trust_options options;
  options.policy = pin_policy::pinned_only;
  book b(options);
  CHECK(b.admit(connector_claim(key_of(1))) == errc::not_pinned);
  REQUIRE(await(accept_pin(b.inner, peer_role::connector, ada, key_of(1))));
  CHECK(!b.admit(connector_claim(key_of(1))));
  CHECK(b.admit(connector_claim(key_of(2))) == errc::key_changed);
}

TEST_CASE("the ask policy asks once for each newcomer and obeys", "[trust]") {
  std::vector<new_pin> asked;
  bool answer = false;
  trust_options options;
  options.policy = pin_policy::ask;
  options.on_new_pin = [&](new_pin question) -> task<bool> {
    asked.push_back(question);
    co_return answer;
  };
  book b(options);
  CHECK(b.admit(connector_claim(key_of(1))) == errc::not_pinned);
  CHECK(!b.find(peer_role::connector, ada));
  answer = true;
  CHECK(!b.admit(connector_claim(key_of(2))));
  CHECK(!b.admit(connector_claim(key_of(2))));
  REQUIRE(asked.size() == 2);
  CHECK(asked[1].where == ada);
  CHECK(asked[1].key == key_of(2));
  CHECK(asked[1].level == security_level::encrypted);

  options.on_new_pin = nullptr;
  CHECK(book(options).admit(connector_claim(key_of(1))) == errc::not_pinned);
}

TEST_CASE("of two racing first contacts with different keys the second loses", "[trust]") {
  book b;
  auto first = b.check(connector_claim(key_of(1)));
  auto second = b.check(connector_claim(key_of(2)));
  REQUIRE((first && second));
  CHECK(await(b.pins.commit(*first)));
  CHECK(await(b.pins.commit(*second)).error() == errc::key_changed);
  CHECK(b.find(peer_role::connector, ada)->key == key_of(1));
}

TEST_CASE("racing first contacts with one key both win and keep the stronger level", "[trust]") {
  book b;
  auto weak = b.check(connector_claim(key_of(1), security_level::authenticated));
  auto strong = b.check(connector_claim(key_of(1), security_level::encrypted));
  SECTION("weaker first") {
    CHECK(await(b.pins.commit(*weak)));
    CHECK(await(b.pins.commit(*strong)));
  }
  SECTION("stronger first") {
    CHECK(await(b.pins.commit(*strong)));
    CHECK(await(b.pins.commit(*weak)));
  }
  CHECK(b.find(peer_role::connector, ada)->strongest == security_level::encrypted);
}

TEST_CASE("a pin forgotten between check and commit is not made again by the way", "[trust]") {
  book b;
  REQUIRE(!b.admit(connector_claim(key_of(1), security_level::authenticated)));
  auto checked = b.check(connector_claim(key_of(1)));
  REQUIRE(await(forget_pin(b.inner, peer_role::connector, ada)).value());
  CHECK(await(b.pins.commit(*checked)).error() == errc::not_pinned);
  CHECK(!b.find(peer_role::connector, ada));
}

TEST_CASE("the number of pins is bounded without listing the store each time", "[trust]") {
  trust_options options;
  options.max_pins = 40;
  book b(options);
  for (int i = 0; i < 10; ++i) REQUIRE(await(accept_pin(b.inner, peer_role::acceptor, user(i), key_of(i))));
  for (int i = 0; i < 30; ++i)
    REQUIRE(!b.admit(connector_claim(key_of(i), security_level::encrypted, user(i))));
  CHECK(b.store->operations() == 30 * 2 + 1);  // a get and a put for each, one list
  CHECK(b.admit(connector_claim(key_of(99), security_level::encrypted, user(99))) == errc::busy);
  CHECK(!b.admit(connector_claim(key_of(3), security_level::encrypted, user(3))));  // the known come in

  REQUIRE(await(forget_pin(b.inner, peer_role::connector, user(3))).value());
  CHECK(b.admit(connector_claim(key_of(99), security_level::encrypted, user(99))) == errc::busy);
  b.steady += 1s;  // counted again
  CHECK(!b.admit(connector_claim(key_of(99), security_level::encrypted, user(99))));
}

TEST_CASE("new pins a source and minute are bounded", "[trust]") {
  trust_options options;
  options.max_new_pins_a_minute = 3;
  book b(options);
  const auto from = [&](int n, std::string source) {
    auto claim = connector_claim(key_of(n), security_level::encrypted, user(n));
    claim.source = std::move(source);
    return b.admit(claim);
  };
  for (int i = 0; i < 3; ++i) CHECK(!from(i, "192.0.2.1"));
  CHECK(from(3, "192.0.2.1") == errc::busy);
  CHECK(!from(4, "192.0.2.2"));
  CHECK(!from(0, "192.0.2.1"));  // known already
  for (int i = 10; i < 20; ++i) CHECK(!from(i, ""));
  b.steady += 70s;
  CHECK(!from(3, "192.0.2.1"));
}

TEST_CASE("a store that fails is never taken for a first contact", "[trust]") {
  for (const bool known : {false, true}) {
    for (std::size_t nth = 0;; ++nth) {
      book b;
      if (known) {
        REQUIRE(!b.admit(connector_claim(key_of(1), security_level::authenticated)));
      }
      b.store->fail_at(nth);
      const auto answer = b.admit(connector_claim(key_of(1)));
      if (!answer) {
        CHECK(nth == 3);  // get, list, put or get, get, compare_exchange: every one was made to fail
        break;
      }
      CHECK(answer == errc::storage_failed);
      b.store->heal();
      CHECK(b.find(peer_role::connector, ada).has_value() == known);
      CHECK(!b.admit(connector_claim(key_of(1))));
    }
  }
}

TEST_CASE("an answer that is lost leaves a pin that the same key finds and another does not replace",
          "[trust]") {
  book b;
  b.store->lose_answer_at(2);
  CHECK(b.admit(connector_claim(key_of(1))) == errc::storage_failed);
  CHECK(!b.admit(connector_claim(key_of(1))));
  CHECK(b.admit(connector_claim(key_of(2))) == errc::key_changed);
}

TEST_CASE("a stale read that misses a pin does not replace it", "[trust]") {
  book b;
  REQUIRE(!b.admit(connector_claim(key_of(1))));
  b.store->serve_stale_reads(1);
  CHECK(b.admit(connector_claim(key_of(2))) == errc::key_changed);
  b.store->serve_stale_reads(100'000);
  CHECK(b.admit(connector_claim(key_of(2))) == errc::storage_failed);
  b.store->heal();
  CHECK(b.find(peer_role::connector, ada)->key == key_of(1));
  b.store->serve_stale_reads(3);
  CHECK(!b.admit(connector_claim(key_of(1))));
}

TEST_CASE("a stale read of an older pin does not bring it back", "[trust]") {
  book b;
  REQUIRE(!b.admit(connector_claim(key_of(1), security_level::authenticated)));
  const auto stale = await(snapshot(b.inner));
  REQUIRE(!b.admit(connector_claim(key_of(1), security_level::encrypted)));
  REQUIRE(await(revoke_pin(b.inner, peer_role::connector, ada)).value());
  b.store->serve_stale_reads(2, stale);
  // Both reads show the old pin; the write that follows from it does not go through.
  CHECK(b.admit(connector_claim(key_of(1), security_level::encrypted)) == errc::revoked);
  CHECK(b.find(peer_role::connector, ada)->revoked);
}

TEST_CASE("a corrupt pin is an error and stays", "[trust]") {
  book b;
  REQUIRE(await(b.inner->put_if_absent("pin/connector/frontend/ada", bytes_of("junk"))).value());
  CHECK(b.admit(connector_claim(key_of(1))) == errc::storage_corrupt);
  CHECK(await(b.pins.check_unproved(ada)).error() == errc::storage_corrupt);
  CHECK(await(b.inner->get("pin/connector/frontend/ada")).value()->value == bytes_of("junk"));
}

TEST_CASE("a session that waits for the store holds up no other", "[trust]") {
  book b;
  REQUIRE(!b.admit(connector_claim(key_of(1))));
  b.store->close_gate();
  asio::io_context io{1};
  int done = 0;
  for (int i = 0; i < 3; ++i)
    start(io, b.pins.check(connector_claim(key_of(1))),
          [&](result<peer_pinned> checked) { done += checked ? 1 : 0; });
  io.poll();
  CHECK(b.store->waiting() == 3);
  b.store->open_gate();
  io.run();
  CHECK(done == 3);
}

TEST_CASE("threads that race on one pin book agree on one key for each coordinate", "[trust]") {
  constexpr int threads = 4;
  constexpr int users = 200;
  book b;
  std::array<std::atomic<int>, users> admitted{};
  std::atomic<int> unexpected = 0;
  std::vector<std::thread> racing;
  for (int t = 0; t < threads; ++t)
    racing.emplace_back([&, t] {
      for (int u = 0; u < users; ++u) {
        // Threads 0 and 1 show one key, 2 and 3 another.
        const auto answer = b.admit(connector_claim(key_of(1 + t / 2), security_level::encrypted, user(u)));
        if (!answer) admitted[static_cast<std::size_t>(u)] |= 1 << t;
        if (answer && answer != errc::key_changed) ++unexpected;
      }
    });
  for (auto& thread : racing) thread.join();
  CHECK(unexpected == 0);
  for (const auto& who : admitted) CHECK((who == 0b0011 || who == 0b1100));
  CHECK(await(list_pins(b.inner)).value().size() == users);
}

TEST_CASE("threads that raise the ledger of one pin all succeed", "[trust]") {
  for (int round = 0; round < 50; ++round) {
    book b;
    REQUIRE(!b.admit(connector_claim(key_of(1), security_level::authenticated)));
    std::atomic<int> failed = 0;
    std::vector<std::thread> racing;
    for (int t = 0; t < 4; ++t)
      racing.emplace_back([&] { failed += b.admit(connector_claim(key_of(1))) ? 1 : 0; });
    for (auto& thread : racing) thread.join();
    CHECK(failed == 0);
    CHECK(b.find(peer_role::connector, ada)->strongest == security_level::encrypted);
  }
}
