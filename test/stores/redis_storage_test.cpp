#include "stores/kept_by_all.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/redis_server.hpp"
#include "support/storage_conformance.hpp"

#include <coseal/error.hpp>
#include <coseal/identity.hpp>
#include <coseal/redis.hpp>

#include <chrono>
#include <csignal>
#include <thread>

using namespace coseal;
using namespace coseal::test;
using namespace std::chrono_literals;

namespace {

/// Catch 2 has no skip: says so once and passes.
bool no_redis_here() {
  if (redis_server::is_there()) return false;
  WARN("skipped: there is no redis-server");
  return true;
}

/// Asks until the store answers again; the pause between two attempts is up to a second.
bool works_again(storage& store) {
  const auto give_up = std::chrono::steady_clock::now() + 60s;
  while (std::chrono::steady_clock::now() < give_up) {
    if (await(store.get("key"))) return true;
    std::this_thread::yield();
  }
  return false;
}

template <typename Ask>
std::chrono::steady_clock::duration time_of(const Ask& ask) {
  const auto begun = std::chrono::steady_clock::now();
  ask();
  return std::chrono::steady_clock::now() - begun;
}

}  // namespace

TEST_CASE("redis storage keeps the contract of storage", "[stores]") {
  if (no_redis_here()) return;
  const redis_server server;
  check_storage_contract([&] { return patient_storage(server.url()); });
}

TEST_CASE("redis storage keeps the contract of storage between processes", "[stores]") {
  if (no_redis_here()) return;
  const redis_server server;
  check_storage_contract_of_processes([&] { return patient_storage(server.url()); });
}

TEST_CASE("redis storage lists thousands of keys, of its prefix and database only", "[stores]") {
  if (no_redis_here()) return;
  const redis_server server;
  const auto store = patient_storage(server.url());
  server.ask("EVAL \"for i = 1, 3000 do redis.call('SET', 'coseal:pin/' .. i, '12345678') end\" 0");
  CHECK(await(store->list("pin/")).value().size() == 3000);
  CHECK(await(redis_storage(server.url() + "?db=3")->list("")).value().empty());
  redis_options others;
  others.prefix("other:");
  const auto other = redis_storage(server.url(), others);
  CHECK(await(other->list("")).value().empty());
  CHECK(await(other->put_if_absent("key", {})).value());
  CHECK(!await(store->get("key")).value());
  CHECK(server.ask("EXISTS other:key") == ":1\r\n");
}

TEST_CASE("redis storage takes what others put under its keys for corrupt", "[stores]") {
  if (no_redis_here()) return;
  const redis_server server;
  const auto store = patient_storage(server.url());
  server.ask("SET coseal:short 1234567");
  server.ask("LPUSH coseal:list a");
  CHECK(await(store->get("short")).error() == errc::storage_corrupt);
  CHECK(await(store->get("list")).error() == errc::storage_corrupt);
  CHECK(!await(store->compare_exchange("short", 1, {})).value());
  server.ask("SET coseal:identity 12345678nonsense");
  CHECK(await(provision_identity(store)).error() == errc::identity_corrupt);
}

TEST_CASE("a redis that is not there, asleep or unwilling is a failure, soon", "[stores]") {
  if (no_redis_here()) return;
  redis_server server({"--requirepass", "secret"});
  redis_options quick;
  quick.within(300ms);
  const auto nobody = redis_storage("redis+unix:///nowhere/at/all", quick);
  CHECK(await(nobody->get("key")).error() == errc::storage_failed);
  CHECK(await(provision_identity(nobody)).error() == errc::storage_failed);
  CHECK(await(redis_storage("redis://127.0.0.1:1", quick)->get("key")).error() == errc::storage_failed);
  CHECK(await(redis_storage("redis://no-such-host.invalid", quick)->get("key")).error() ==
        errc::storage_failed);
  CHECK(await(redis_storage(server.url(), quick)->get("key")).error() ==
        errc::storage_failed);  // no password

  redis_server open_server;
  const auto store = redis_storage(open_server.url(), quick);
  REQUIRE(await(store->put_if_absent("key", bytes_of("value"))).value());
  open_server.freeze();
  CHECK(time_of([&] { CHECK(await(store->get("key")).error() == errc::storage_failed); }) < 5s);
  CHECK(await(store->put_if_absent("other", {})).error() == errc::storage_failed);
  CHECK(await(store->compare_exchange("key", 1, {})).error() == errc::storage_failed);
  CHECK(await(store->erase("key")).error() == errc::storage_failed);
  CHECK(await(store->list("")).error() == errc::storage_failed);
  open_server.thaw();
  CHECK(works_again(*store));
  CHECK(await(store->get("key")).value()->value == bytes_of("value"));

  open_server.stop();
  CHECK(await(store->get("key")).error() == errc::storage_failed);
  open_server.start();
  CHECK(works_again(*store));
  CHECK(await(store->get("key")).value()->value == bytes_of("value"));
}

TEST_CASE("a redis that may forget what it was given is refused", "[stores]") {
  if (no_redis_here()) return;
  const redis_server server({"--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"});
  CHECK(await(redis_storage(server.url())->get("key")).error() == errc::storage_insecure);
  CHECK(await(provision_identity(redis_storage(server.url()))).error() == errc::storage_insecure);
  server.ask("CONFIG SET maxmemory-policy noeviction");
  CHECK(await(patient_storage(server.url())->get("key")));
  server.ask("REPLICAOF 127.0.0.1 1");
  CHECK(await(redis_storage(server.url())->get("key")).error() == errc::storage_failed);
}

TEST_CASE("redis storage logs in, as a user of its own where one is named", "[stores]") {
  if (no_redis_here()) return;
  const redis_server server;
  // A port of its own: Unix sockets take no login in the address.
  server.ask("CONFIG SET port 0");
  server.ask("ACL SETUSER keeper on >pass:/word ~coseal:* +get +set +del +scan +eval +getrange +select");
  int port = 0;
  for (int candidate = 20000 + ::getpid() % 20000; port == 0 && candidate < 65000; ++candidate)
    if (server.ask("CONFIG SET port " + std::to_string(candidate)) == "+OK\r\n") port = candidate;
  REQUIRE(port != 0);
  const auto place = "127.0.0.1:" + std::to_string(port);
  const auto store = redis_storage("redis://keeper:pass%3A%2Fword@" + place + "/0");
  CHECK(await(store->put_if_absent("key", bytes_of("a"))).value());
  const auto found = await(store->get("key")).value().value();
  CHECK(await(store->compare_exchange("key", found.version, bytes_of("b"))).value());
  CHECK(await(store->list("")).value().size() == 1);
  CHECK(await(redis_storage("redis://keeper:wrong@" + place)->get("key")).error() == errc::storage_failed);
  CHECK(await(redis_storage("redis://localhost:" + std::to_string(port))->get("key")).value());
}

TEST_CASE("many calls at once share one connection to redis", "[stores]") {
  if (no_redis_here()) return;
  const redis_server server;
  const auto store = patient_storage(server.url());
  REQUIRE(await(store->get("key")));
  const auto connections = [&] {
    const std::string clients = server.ask("CLIENT LIST TYPE normal");
    return std::count(clients.begin(), clients.end(), '\n') - 3;  // not: length, ourselves, end
  };
  asio::io_context io{1};
  int done = 0;
  for (int i = 0; i < 1000; ++i)
    start(io, store->put_if_absent(std::to_string(i), {}),
          [&](result<bool> put) { done += put.value() ? 1 : 0; });
  io.run();
  CHECK(done == 1000);
  CHECK(connections() <= 1);
}

TEST_CASE("a redis storage that was used before fork says so in the child", "[stores]") {
  if (no_redis_here()) return;
  const redis_server server;
  auto used = patient_storage(server.url());
  const auto unused = patient_storage(server.url());
  REQUIRE(await(used->put_if_absent("key", {})).value());
  child_process child([&] {
    if (await(used->get("key")).error() != errc::used_after_fork) return 1;
    used.reset();
    return await(unused->get("key")).value() ? 0 : 2;
  });
  CHECK(child.wait() == 0);
  CHECK(await(used->get("key")).value());
}

TEST_CASE("addresses of redis that are none are refused", "[stores]") {
  for (const char* wrong :
       {"redis://", "redis://:6379", "redis://host:0", "redis://host:65536", "redis://host:x",
        "redis://host/x", "redis://host/1/2", "redis://user@host", "redis://a%0g:b@host",
        "redis://a:b%00@host", "redis://[::1", "redis://[::1]x", "rediss://host", "redis+unix://relative",
        "redis+unix:///p?db=", "redis+unix:///p?x=1", "http://host", "", "redis://host?x"}) {
    INFO(wrong);
    CHECK_THROWS_AS(redis_storage(wrong), error);
  }
  for (const char* right : {"redis://host", "redis://host:1/", "redis://host/15", "redis://:pw@[::1]:7000/2",
                            "redis+unix:///run/redis.sock", "redis+unix:///run/a%20b?db=3"}) {
    INFO(right);
    CHECK_NOTHROW(redis_storage(right));
  }
  redis_options wrong;
  wrong.within(0s);
  CHECK_THROWS_AS(redis_storage("redis://host", wrong), error);
}
