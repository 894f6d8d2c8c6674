#include "support/hostile_storage.hpp"

#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/storage_conformance.hpp"

#include <coseal/error.hpp>

using namespace coseal;
using namespace coseal::test;

TEST_CASE("hostile storage that is left alone keeps the contract of storage", "[trust]") {
  const auto store = std::make_shared<hostile_storage>(memory_storage());
  check_storage_contract([&] { return store; });
}

TEST_CASE("hostile storage serves as many stale reads as it was told", "[trust]") {
  const auto store = std::make_shared<hostile_storage>(memory_storage());
  REQUIRE(await(store->put_if_absent("key", bytes_of("old"))).value());
  const auto old = await(snapshot(store));
  const auto version = await(store->get("key")).value().value().version;
  REQUIRE(await(store->compare_exchange("key", version, bytes_of("new"))).value());

  store->serve_stale_reads(2, old);
  CHECK(await(store->get("key")).value().value().value == bytes_of("old"));
  CHECK(await(store->list("")).value().size() == 1);
  CHECK(await(store->get("key")).value().value().value == bytes_of("new"));
  store->serve_stale_reads(1);
  CHECK(!await(store->get("key")).value().has_value());
}

TEST_CASE("hostile storage fails before the write or after it", "[trust]") {
  const auto store = std::make_shared<hostile_storage>(memory_storage());
  store->fail_at(1);
  store->lose_answer_at(2);
  CHECK(await(store->get("key")));
  CHECK(await(store->put_if_absent("failed", {})).error() == errc::storage_failed);
  CHECK(await(store->put_if_absent("lost", {})).error() == errc::storage_failed);
  CHECK(await(store->list("")).value() == std::vector<std::string>{"lost"});
  CHECK(store->operations() == 4);
  CHECK(store->writes() == 2);
}

TEST_CASE("hostile storage holds operations until its gate opens", "[trust]") {
  const auto store = std::make_shared<hostile_storage>(memory_storage());
  store->close_gate();
  asio::io_context io{1};
  int done = 0;
  const auto count = [&](result<bool> put) { done += put.value() ? 1 : 0; };
  start(io, store->put_if_absent("a", {}), count);
  start(io, store->put_if_absent("b", {}), count);
  io.poll();
  CHECK(done == 0);
  CHECK(store->waiting() == 2);
  store->open_gate();
  io.run();
  CHECK(done == 2);
  CHECK(store->waiting() == 0);
}
