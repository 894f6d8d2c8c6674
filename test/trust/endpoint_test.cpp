#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/hostile_storage.hpp"
#include "trust/endpoint_state.hpp"
#include "trust/identity_store.hpp"

#include <coseal/endpoint.hpp>
#include <coseal/error.hpp>

#include <set>
#include <thread>

using namespace coseal;
using namespace coseal::test;
using namespace std::chrono_literals;

namespace {

/// A hostile store, an endpoint on it and a clock that stands still until it is moved.
struct bench {
  std::shared_ptr<storage> inner = memory_storage();
  std::shared_ptr<hostile_storage> store = std::make_shared<hostile_storage>(inner);
  std::chrono::steady_clock::time_point now{1000h};
  std::shared_ptr<endpoint::state> state = make(coordinate("backend"));

  std::shared_ptr<endpoint::state> make(coordinate who,
                                        identity_mode mode = identity_mode::create_if_missing) {
    trust_clock clock;
    clock.steady = [this] { return now; };
    return std::make_shared<endpoint::state>(std::move(who), store, mode, trust_options(), clock);
  }
  auto identity() { return await(state->identity()); }
  public_key key() { return identity().value()->key.public_part(); }
};

void raise_auth_epoch(std::shared_ptr<storage> store, std::uint64_t epoch) {
  auto stored = await(read_identity(store)).value();
  stored->document.auth_epoch = epoch;
  REQUIRE(
      await(store->compare_exchange(identity_key, stored->version, write_identity_document(stored->document)))
          .value());
}

}  // namespace

TEST_CASE("an endpoint makes its identity at first use and names itself by it", "[trust]") {
  const auto store = memory_storage();
  endpoint backend(coordinate("backend"), store);
  CHECK(await(store->list("")).value().empty());
  const auto key = await(backend.load()).value();
  CHECK(await(backend.load()).value() == key);
  const auto identity = await(backend.shared_state()->identity()).value();
  const auto stored = await(read_identity(store)).value();
  CHECK(identity->where == coordinate("backend", stored->document.instance));
  CHECK(identity->key.public_part() == key);

  endpoint again(coordinate("backend", "eu-1"), store);
  CHECK(await(again.load()).value() == key);
  CHECK(await(again.shared_state()->identity()).value()->where == coordinate("backend", "eu-1"));
  CHECK(again.who() == coordinate("backend", "eu-1"));
}

TEST_CASE("an endpoint that requires an identity makes none", "[trust]") {
  const auto store = memory_storage();
  endpoint backend(coordinate("backend"), store, identity_mode::required);
  CHECK(await(backend.load()).error() == errc::identity_missing);
  const auto made = await(provision_identity(store)).value();
  CHECK(await(backend.load()).value() == made.key);
}

TEST_CASE("an endpoint without environment or storage can not be made", "[trust]") {
  CHECK_THROWS_AS(endpoint(coordinate(), memory_storage()), error);
  CHECK_THROWS_AS(endpoint(coordinate("backend"), nullptr), error);
}

TEST_CASE("an identity is read again after ten seconds and not before", "[trust]") {
  bench b;
  const auto old = b.key();
  const auto operations = b.store->operations();
  const auto next = await(rotate_identity(b.inner, coordinate("backend"))).value();
  b.now += 9999ms;
  CHECK(b.key() == old);
  CHECK(b.store->operations() == operations);
  b.now += 1ms;
  CHECK(b.key() == next);
  CHECK(b.identity().value()->succession.size() == 1);
  CHECK(b.store->operations() == operations + 1);
}

TEST_CASE("an identity object that is in use outlives its replacement", "[trust]") {
  bench b;
  const auto held = b.identity().value();
  const auto key = held->key.public_part();
  REQUIRE(await(rotate_identity(b.inner, coordinate("backend"))));
  b.now += 10s;
  CHECK(b.key() != key);
  CHECK(held->key.public_part() == key);
}

TEST_CASE("an identity that goes while it is in use is not made again", "[trust]") {
  bench b;
  const auto key = b.key();
  const auto stored = await(b.inner->get(identity_key)).value().value();
  REQUIRE(await(b.inner->erase(identity_key)).value());
  b.now += 10s;
  CHECK(b.identity().error() == errc::storage_failed);
  CHECK(await(b.inner->list("")).value().empty());
  REQUIRE(await(b.inner->put_if_absent(identity_key, stored.value)).value());
  CHECK(b.key() == key);
}

TEST_CASE("a store that fails when the identity is due is an error and no older truth", "[trust]") {
  bench b;
  const auto key = b.key();
  b.store->fail_always();
  b.now += 10s;
  CHECK(b.identity().error() == errc::storage_failed);
  b.store->heal();
  CHECK(b.key() == key);
}

TEST_CASE("a stale read brings neither an old key nor an old auth epoch back", "[trust]") {
  bench b;
  b.key();
  const auto stale = await(snapshot(b.inner));
  SECTION("key") {
    const auto next = await(rotate_identity(b.inner, coordinate("backend"))).value();
    b.now += 10s;
    REQUIRE(b.key() == next);
    b.now += 10s;
    b.store->serve_stale_reads(1, stale);
    CHECK(b.key() == next);
  }
  SECTION("auth epoch") {
    raise_auth_epoch(b.inner, 5);
    b.now += 10s;
    REQUIRE(b.identity().value()->auth_epoch == 5);
    b.now += 10s;
    b.store->serve_stale_reads(1, stale);
    CHECK(b.identity().value()->auth_epoch == 5);
  }
  SECTION("another identity that a person put there is no stale read") {
    REQUIRE(await(rotate_identity(b.inner, coordinate("backend"))));
    b.now += 10s;
    b.key();
    REQUIRE(await(b.inner->erase(identity_key)).value());
    const auto other = await(provision_identity(b.inner)).value();
    b.now += 10s;
    CHECK(b.key() == other.key);
  }
}

TEST_CASE("concurrent first uses share one identity", "[trust]") {
  bench b;
  b.store->close_gate();
  asio::io_context io{1};
  std::set<std::string> keys;
  for (int i = 0; i < 5; ++i)
    start(io, b.state->identity(),
          [&](auto identity) { keys.insert(identity.value()->key.public_part().to_hex()); });
  io.poll();
  CHECK(b.store->waiting() == 5);
  b.store->open_gate();
  io.run();
  CHECK(keys.size() == 1);
}

TEST_CASE("threads that share an endpoint share its identity", "[trust]") {
  bench b;
  std::mutex mutex;
  std::set<std::string> keys;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 100; ++n) {
        const auto key = b.key().to_hex();
        const std::lock_guard lock(mutex);
        keys.insert(key);
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(keys.size() == 1);
}
