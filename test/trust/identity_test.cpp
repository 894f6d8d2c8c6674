#include "crypto/token.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/hostile_storage.hpp"
#include "support/storage_conformance.hpp"
#include "support/temporary_directory.hpp"
#include "trust/identity_store.hpp"

#include <coseal/error.hpp>
#include <coseal/identity.hpp>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

using namespace coseal;
using namespace coseal::test;

namespace {

std::string provisioned_hex(std::shared_ptr<storage> store) {
  return await(provision_identity(std::move(store))).value().key.to_hex();
}

}  // namespace

TEST_CASE("an identity is provisioned once", "[trust]") {
  const auto store = memory_storage();
  const auto first = await(provision_identity(store)).value();
  const auto second = await(provision_identity(store)).value();
  CHECK(first.created);
  CHECK(!second.created);
  CHECK(first.key == second.key);
  CHECK(first.instance == second.instance);
  CHECK(await(store->list("")).value() == std::vector<std::string>{"identity"});
}

TEST_CASE("a required identity is never made", "[trust]") {
  const auto store = memory_storage();
  CHECK(await(load_identity(store, identity_mode::required)).error() == errc::identity_missing);
  CHECK(await(store->list("")).value().empty());
  const auto made = await(provision_identity(store)).value();
  const auto loaded = await(load_identity(store, identity_mode::required));
  REQUIRE(loaded);
  CHECK(loaded->document.key().public_part() == made.key);
  CHECK(!loaded->created);
}

TEST_CASE("a corrupt identity is an error and stays as it is", "[trust]") {
  const auto store = memory_storage();
  REQUIRE(await(store->put_if_absent("identity", bytes_of("not an identity"))).value());
  CHECK(await(provision_identity(store)).error() == errc::identity_corrupt);
  CHECK(await(rotate_identity(store, coordinate("backend"))).error() == errc::identity_corrupt);
  CHECK(await(export_identity(store, "passphrase")).error() == errc::identity_corrupt);
  CHECK(await(store->get("identity")).value()->value == bytes_of("not an identity"));
}

TEST_CASE("a store that fails at any operation gives an error and in the end one identity", "[trust]") {
  for (const bool after_the_write : {false, true}) {
    for (std::size_t nth = 0;; ++nth) {
      const auto store = std::make_shared<hostile_storage>(memory_storage());
      if (after_the_write)
        store->lose_answer_at(nth);
      else
        store->fail_at(nth);
      const auto first = await(provision_identity(store));
      const bool failed = !first;
      if (failed) CHECK(first.error() == condition::storage);
      store->heal();
      const auto written = await(store->get("identity")).value();
      const auto second = await(provision_identity(store)).value();
      // What a failed attempt wrote is what the next one finds.
      if (written) CHECK(parse_identity_document(written->value)->key().public_part() == second.key);
      if (!failed) CHECK(first->key == second.key);
      if (!failed) {
        CHECK(nth == 3);  // get, put_if_absent, get: every one was made to fail
        break;
      }
    }
  }
}

TEST_CASE("reads that miss do not lead to a second identity", "[trust]") {
  const auto inner = memory_storage();
  const auto made = await(provision_identity(inner)).value();
  const auto store = std::make_shared<hostile_storage>(inner);
  for (std::size_t misses = 1; misses <= 8; ++misses) {
    store->serve_stale_reads(misses);
    const auto again = await(provision_identity(store)).value();
    CHECK(again.key == made.key);
    CHECK(!again.created);
  }
  store->serve_stale_reads(100'000);
  CHECK(await(provision_identity(store)).error() == errc::storage_failed);
  CHECK(store->operations() < 100);
  store->heal();
  CHECK(await(provision_identity(store)).value().key == made.key);
}

TEST_CASE("a fresh identity that the store does not show is not taken for granted", "[trust]") {
  const auto store = std::make_shared<hostile_storage>(memory_storage());
  store->serve_stale_reads(100'000);
  CHECK(await(provision_identity(store)).error() == errc::storage_failed);
  store->heal();
  const auto key = provisioned_hex(store);
  CHECK(provisioned_hex(store) == key);
}

TEST_CASE("of two provisioners the one whose write comes second takes the other's identity", "[trust]") {
  const auto inner = memory_storage();
  const auto store = std::make_shared<hostile_storage>(inner);
  std::string winner;
  store->interfere_at(1, [&]() -> task<void> {
    const auto made = co_await provision_identity(inner);
    winner = made.value().key.to_hex();
  });
  const auto loser = await(provision_identity(store)).value();
  CHECK(loser.key.to_hex() == winner);
  CHECK(!loser.created);
}

TEST_CASE("racing threads make one identity", "[trust]") {
  const auto store = memory_storage();
  std::mutex mutex;
  std::set<std::string> keys;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      const auto key = provisioned_hex(store);
      const std::lock_guard lock(mutex);
      keys.insert(key);
    });
  for (auto& thread : threads) thread.join();
  CHECK(keys.size() == 1);
}

TEST_CASE("racing processes make one identity", "[trust]") {
  for (int round = 0; round < 10; ++round) {
    const temporary_directory directory;
    const auto path = directory.path() / "identity";
    int start[2];
    int out[2];
    REQUIRE(::pipe(start) == 0);
    REQUIRE(::pipe(out) == 0);
    constexpr int racers = 5;
    {
      std::vector<child_process> children;
      for (int i = 0; i < racers; ++i)
        children.emplace_back([&] {
          ::close(start[1]);
          char byte;
          if (::read(start[0], &byte, 1) != 0) return 1;  // all start when the parent closes its end
          const auto made = await(provision_identity(file_storage(path)));
          if (!made) return 2;
          const std::string line = made->key.to_hex() + (made->created ? "+" : "-");
          return ::write(out[1], line.data(), line.size()) == static_cast<ssize_t>(line.size()) ? 0 : 3;
        });
      ::close(start[1]);
      for (auto& child : children) CHECK(child.wait() == 0);
    }
    ::close(start[0]);
    ::close(out[1]);
    std::string lines(racers * 65, ' ');
    CHECK(::read(out[0], lines.data(), lines.size()) == static_cast<ssize_t>(lines.size()));
    ::close(out[0]);

    std::set<std::string> keys;
    int created = 0;
    for (int i = 0; i < racers; ++i) {
      keys.insert(lines.substr(static_cast<std::size_t>(i) * 65, 64));
      if (lines[static_cast<std::size_t>(i) * 65 + 64] == '+') ++created;
    }
    CHECK(keys == std::set<std::string>{provisioned_hex(file_storage(path))});
    CHECK(created == 1);
  }
}

TEST_CASE("a rotated identity is followed by those who pinned the old key", "[trust]") {
  const auto store = memory_storage();
  const auto old = await(provision_identity(store)).value();
  const auto next = await(rotate_identity(store, coordinate("backend"))).value();
  CHECK(next != old.key);
  const auto stored = await(read_identity(store)).value();
  REQUIRE(stored);
  CHECK(stored->document.key().public_part() == next);
  CHECK(stored->document.instance == old.instance);
  const coordinate where("backend", old.instance);
  CHECK(follow_succession(stored->document.succession, old.key, 0, next, where).value() == 1);

  CHECK(await(rotate_identity(store, coordinate("backend", "named"))));
  CHECK(await(read_identity(store)).value()->document.succession.back().where ==
        coordinate("backend", "named"));
  CHECK(await(rotate_identity(store, coordinate())).error() == errc::invalid_coordinate);
  CHECK(await(rotate_identity(memory_storage(), coordinate("backend"))).error() == errc::identity_missing);
}

TEST_CASE("racing rotations lose none", "[trust]") {
  const auto inner = memory_storage();
  const auto old = await(provision_identity(inner)).value();
  const auto store = std::make_shared<hostile_storage>(inner);
  store->interfere_at(1, [&]() -> task<void> {
    const auto rotated = co_await rotate_identity(inner, coordinate("backend"));
    CHECK(rotated);
  });
  const auto next = await(rotate_identity(store, coordinate("backend"))).value();
  const auto chain = await(read_identity(store)).value()->document.succession;
  CHECK(chain.size() == 2);
  CHECK(follow_succession(chain, old.key, 0, next, coordinate("backend", old.instance)).value() == 2);

  const auto stale = await(snapshot(inner));
  REQUIRE(await(rotate_identity(inner, coordinate("backend"))));
  store->serve_stale_reads(100'000, stale);
  CHECK(await(rotate_identity(store, coordinate("backend"))).error() == errc::storage_failed);
}

TEST_CASE("an exported identity holds all of it and shows nothing", "[trust]") {
  const auto store = memory_storage();
  REQUIRE(await(provision_identity(store)));
  const auto document = await(store->get("identity")).value()->value;
  const auto box = await(export_identity(store, "correct horse")).value();
  CHECK(open_with_passphrase("correct horse", box).value() == document);
  const auto seed = await(read_identity(store)).value()->document.seed.clone();
  CHECK(std::search(box.begin(), box.end(), seed.view().begin(), seed.view().end()) == box.end());
  CHECK(await(export_identity(memory_storage(), "x")).error() == errc::identity_missing);
}

TEST_CASE("an identity is imported with its passphrase alone", "[trust]") {
  const auto store = memory_storage();
  const auto made = await(provision_identity(store)).value();
  const auto document = await(store->get("identity")).value()->value;
  const passphrase_cost cheap{1, 8};
  const auto box = seal_with_passphrase("correct horse", document, cheap);

  const auto other = memory_storage();
  CHECK(await(import_identity(other, box, "wrong")).error() == errc::wrong_passphrase);
  CHECK(await(import_identity(other, bytes_of("no box"), "x")).error() == errc::malformed_message);
  const auto no_identity = seal_with_passphrase("x", bytes_of("no identity"), cheap);
  CHECK(await(import_identity(other, no_identity, "x")).error() == errc::identity_corrupt);
  CHECK(await(other->list("")).value().empty());

  const auto imported = await(import_identity(other, box, "correct horse")).value();
  CHECK(imported.created);
  CHECK(imported.key == made.key);
  CHECK(await(other->get("identity")).value()->value == document);
  CHECK(!await(import_identity(other, box, "correct horse")).value().created);
}

TEST_CASE("an identity is adopted where there is none and never in place of another", "[trust]") {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto copy = [bytes = write_identity_document(make_identity(now))] {
    return parse_identity_document(bytes).value();
  };
  const auto store = std::make_shared<hostile_storage>(memory_storage());
  store->serve_stale_reads(3);
  CHECK(await(adopt_identity(store, copy())).value().created);
  CHECK(!await(adopt_identity(store, copy())).value().created);
  CHECK(await(adopt_identity(store, make_identity(now))).error() == errc::identity_exists);
  CHECK(provisioned_hex(store) == copy().key().public_part().to_hex());
}
