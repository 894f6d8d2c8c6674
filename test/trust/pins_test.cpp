#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/hostile_storage.hpp"
#include "support/storage_conformance.hpp"
#include "trust/pin_record.hpp"

#include <coseal/error.hpp>
#include <coseal/pins.hpp>

using namespace coseal;
using namespace coseal::test;
using namespace std::chrono_literals;

namespace {

public_key key_number(int n) {
  public_key key;
  key.bytes[0] = static_cast<std::byte>(n);
  return key;
}

const coordinate connector_ada("frontend", "ada");

pin_record some_record() {
  pin_record record;
  record.key = key_number(1);
  record.strongest = security_level::encrypted;
  record.revoked = true;
  record.first_seen = std::chrono::sys_seconds(1'700'000'000s);
  record.last_seen = std::chrono::sys_days(std::chrono::days(20'000));
  record.succession_serial = 0x0102030405060708;
  return record;
}

/// Puts a pin as a handshake would have left it.
void put(std::shared_ptr<storage> store, peer_role role, const coordinate& where, const pin_record& record) {
  REQUIRE(await(store->put_if_absent(pin_key(role, where), write_pin_record(record))).value());
}

}  // namespace

TEST_CASE("a pin is read as it was written and refused otherwise", "[trust]") {
  const auto bytes = write_pin_record(some_record());
  CHECK(parse_pin_record(bytes).value() == some_record());
  for (std::size_t n = 0; n < bytes.size(); ++n)
    CHECK(parse_pin_record(std::span(bytes).first(n)).error() == errc::storage_corrupt);
  const auto refused_with = [&](std::size_t at, int value) {
    auto changed = bytes;
    changed[at] = static_cast<std::byte>(value);
    return parse_pin_record(changed).error() == errc::storage_corrupt;
  };
  CHECK(refused_with(0, 2));      // format
  CHECK(refused_with(33, 3));     // level
  CHECK(refused_with(34, 2));     // revoked
  CHECK(refused_with(35, 1));     // first seen, far away
  CHECK(refused_with(43, 0x80));  // last seen, far away
  auto longer = bytes;
  longer.push_back(std::byte{0});
  CHECK(!parse_pin_record(longer));
}

TEST_CASE("the key of a pin names its role and coordinate", "[trust]") {
  CHECK(pin_key(peer_role::connector, connector_ada) == "pin/connector/frontend/ada");
  CHECK(pin_key(peer_role::acceptor, coordinate("backend")) == "pin/acceptor/backend");
  for (const auto role : {peer_role::connector, peer_role::acceptor})
    for (const auto& where : {connector_ada, coordinate("backend")}) {
      const auto name = parse_pin_key(pin_key(role, where));
      REQUIRE(name);
      CHECK(name->role == role);
      CHECK(name->where == where);
    }
  for (const char* bad :
       {"pin/", "pin/other/a", "pin/connector/", "pin/connector/a/", "pin/connector/a/b/c", "x"})
    CHECK(!parse_pin_key(bad));
}

TEST_CASE("pins are listed with all that is remembered", "[trust]") {
  const auto store = memory_storage();
  put(store, peer_role::connector, connector_ada, some_record());
  put(store, peer_role::acceptor, coordinate("backend"), some_record());
  REQUIRE(await(store->put_if_absent("identity", bytes_of("not a pin"))).value());
  const auto pins = await(list_pins(store)).value();
  REQUIRE(pins.size() == 2);
  CHECK(pins[0].role == peer_role::acceptor);
  CHECK(pins[0].where == coordinate("backend"));
  CHECK(pins[1].role == peer_role::connector);
  CHECK(pins[1].where == connector_ada);
  CHECK(pins[1].key == key_number(1));
  CHECK(pins[1].strongest == security_level::encrypted);
  CHECK(pins[1].succession_serial == 0x0102030405060708);
  CHECK(pins[1].revoked);
  CHECK(pins[1].first_seen == some_record().first_seen);
  CHECK(pins[1].last_seen == some_record().last_seen);
}

TEST_CASE("a pin that can not be read is reported and not replaced", "[trust]") {
  const auto store = memory_storage();
  REQUIRE(await(store->put_if_absent("pin/connector/frontend/ada", bytes_of("junk"))).value());
  CHECK(await(list_pins(store)).error() == errc::storage_corrupt);
  CHECK(await(accept_pin(store, peer_role::connector, connector_ada, key_number(1))).error() ==
        errc::storage_corrupt);
  CHECK(await(revoke_pin(store, peer_role::connector, connector_ada)).error() == errc::storage_corrupt);
  CHECK(await(forget_pin(store, peer_role::connector, connector_ada)).value());
  CHECK(await(accept_pin(store, peer_role::connector, connector_ada, key_number(1))));
  REQUIRE(await(store->put_if_absent("pin/stray", bytes_of("junk"))).value());
  CHECK(await(list_pins(store)).error() == errc::storage_corrupt);
}

TEST_CASE("forgetting a pin removes it alone", "[trust]") {
  const auto store = memory_storage();
  put(store, peer_role::connector, connector_ada, some_record());
  put(store, peer_role::acceptor, connector_ada, some_record());
  CHECK(await(forget_pin(store, peer_role::connector, connector_ada)).value());
  CHECK(!await(forget_pin(store, peer_role::connector, connector_ada)).value());
  CHECK(await(list_pins(store)).value().size() == 1);
}

TEST_CASE("revoking keeps the pin", "[trust]") {
  const auto store = memory_storage();
  auto record = some_record();
  record.revoked = false;
  put(store, peer_role::connector, connector_ada, record);
  CHECK(await(revoke_pin(store, peer_role::connector, connector_ada)).value());
  const auto pins = await(list_pins(store)).value();
  REQUIRE(pins.size() == 1);
  CHECK(pins[0].revoked);
  CHECK(pins[0].key == record.key);
  CHECK(pins[0].strongest == record.strongest);
  CHECK(!await(revoke_pin(store, peer_role::acceptor, connector_ada)).value());
}

TEST_CASE("accepting a pin makes or replaces it and clears ledger and revocation", "[trust]") {
  const auto store = memory_storage();
  REQUIRE(await(accept_pin(store, peer_role::acceptor, coordinate("backend"), key_number(9))));
  put(store, peer_role::connector, connector_ada, some_record());
  REQUIRE(await(accept_pin(store, peer_role::connector, connector_ada, key_number(2))));
  const auto pins = await(list_pins(store)).value();
  REQUIRE(pins.size() == 2);
  CHECK(pins[0].key == key_number(9));
  CHECK(pins[1].key == key_number(2));
  CHECK(pins[1].strongest == security_level::none);
  CHECK(!pins[1].revoked);
  CHECK(pins[1].succession_serial == 0);
  CHECK(pins[1].first_seen > some_record().first_seen);

  REQUIRE(await(revoke_pin(store, peer_role::connector, connector_ada)).value());
  REQUIRE(await(accept_pin(store, peer_role::connector, connector_ada, key_number(2))));
  const auto again = await(list_pins(store)).value();
  CHECK(!again[1].revoked);
  CHECK(again[1].first_seen == pins[1].first_seen);  // the same key is no new acquaintance
}

TEST_CASE("pin changes by hand survive a racing writer and report a failing store", "[trust]") {
  const auto inner = memory_storage();
  const auto store = std::make_shared<hostile_storage>(inner);
  put(inner, peer_role::connector, connector_ada, some_record());
  const auto touch = [&]() -> task<void> {
    const auto found = co_await inner->get("pin/connector/frontend/ada");
    const auto now = found.value().value();
    const auto written =
        co_await inner->compare_exchange("pin/connector/frontend/ada", now.version, now.value);
    CHECK(written.value());
  };
  store->interfere_at(1, touch);
  CHECK(await(accept_pin(store, peer_role::connector, connector_ada, key_number(2))));
  CHECK(await(list_pins(inner)).value()[0].key == key_number(2));
  store->interfere_at(1, touch);
  CHECK(await(revoke_pin(store, peer_role::connector, connector_ada)).value());
  CHECK(await(list_pins(inner)).value()[0].revoked);

  store->fail_always();
  CHECK(await(list_pins(store)).error() == errc::storage_failed);
  CHECK(await(forget_pin(store, peer_role::connector, connector_ada)).error() == errc::storage_failed);
  CHECK(await(accept_pin(store, peer_role::connector, connector_ada, key_number(3))).error() ==
        errc::storage_failed);
  CHECK(await(revoke_pin(store, peer_role::connector, connector_ada)).error() == errc::storage_failed);
}

TEST_CASE("a pin needs an environment", "[trust]") {
  const auto store = memory_storage();
  CHECK(await(forget_pin(store, peer_role::connector, coordinate())).error() == errc::invalid_coordinate);
  CHECK(await(accept_pin(store, peer_role::connector, coordinate(), key_number(1))).error() ==
        errc::invalid_coordinate);
  CHECK(await(revoke_pin(store, peer_role::connector, coordinate())).error() == errc::invalid_coordinate);
}
