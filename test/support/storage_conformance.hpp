#pragma once

#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"

#include <coseal/error.hpp>
#include <coseal/storage.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace coseal::test {

inline std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

/// What every storage adapter promises, as sections of the test case that calls this. `open` gives another
/// handle on the same store each time; the store is empty at the start of each section.
inline void check_storage_contract(const std::function<std::shared_ptr<storage>()>& open) {
  using namespace std::chrono_literals;
  const auto store = open();

  SECTION("an absent key has no value") {
    const auto found = await(store->get("key"));
    REQUIRE(found);
    CHECK(!found->has_value());
  }
  SECTION("put_if_absent writes once and reports that a key is there") {
    CHECK(await(store->put_if_absent("key", bytes_of("first"))).value());
    CHECK(!await(store->put_if_absent("key", bytes_of("second"))).value());
    CHECK(await(store->get("key")).value().value().value == bytes_of("first"));
  }
  SECTION("an empty value is a value") {
    CHECK(await(store->put_if_absent("key", {})).value());
    CHECK(await(store->get("key")).value().value().value.empty());
  }
  SECTION("a value may hold any bytes and be a megabyte long") {
    std::vector<std::byte> value(1 << 20);
    for (std::size_t i = 0; i < value.size(); ++i) value[i] = static_cast<std::byte>(i * 31);
    CHECK(await(store->put_if_absent("key", value)).value());
    CHECK(await(store->get("key")).value().value().value == value);
  }
  SECTION("keys and values outside the limits are refused") {
    CHECK(await(store->put_if_absent("", bytes_of("x"))).error() == errc::invalid_option);
    CHECK(await(store->put_if_absent(std::string(513, 'k'), bytes_of("x"))).error() == errc::invalid_option);
    CHECK(await(store->put_if_absent("key", std::vector<std::byte>((1 << 20) + 1))).error() ==
          errc::invalid_option);
    CHECK(await(store->put_if_absent(std::string(512, 'k'), bytes_of("x"))).value());
    CHECK(await(store->list("")).value().size() == 1);
  }
  SECTION("compare_exchange replaces the version it names and no other") {
    CHECK(!await(store->compare_exchange("key", 1, bytes_of("x"))).value());
    CHECK(await(store->put_if_absent("key", bytes_of("a"))).value());
    const auto a = await(store->get("key")).value().value();
    CHECK(!await(store->compare_exchange("key", a.version + 1, bytes_of("x"))).value());
    CHECK(await(store->compare_exchange("key", a.version, bytes_of("b"))).value());
    const auto b = await(store->get("key")).value().value();
    CHECK(b.value == bytes_of("b"));
    CHECK(b.version != a.version);
    CHECK(!await(store->compare_exchange("key", a.version, bytes_of("c"))).value());
    CHECK(await(store->get("key")).value().value().value == bytes_of("b"));
  }
  SECTION("a key that was erased and made again does not take an old version") {
    CHECK(await(store->put_if_absent("key", bytes_of("a"))).value());
    const auto a = await(store->get("key")).value().value();
    CHECK(await(store->erase("key")).value());
    CHECK(await(store->put_if_absent("key", bytes_of("b"))).value());
    CHECK(!await(store->compare_exchange("key", a.version, bytes_of("c"))).value());
    CHECK(await(store->get("key")).value().value().value == bytes_of("b"));
  }
  SECTION("erase removes a key and says whether it was there") {
    CHECK(await(store->put_if_absent("key", bytes_of("a"))).value());
    CHECK(await(store->put_if_absent("key2", bytes_of("b"))).value());
    CHECK(await(store->erase("key")).value());
    CHECK(!await(store->erase("key")).value());
    CHECK(!await(store->get("key")).value().has_value());
    CHECK(await(store->get("key2")).value().has_value());
  }
  SECTION("keys are bytes, and no pattern") {
    using namespace std::string_literals;
    const std::vector<std::string> odd = {"*"s,    "?"s,  "[a]"s,      "\\"s,
                                          "a\0b"s, "a%"s, "\xff\xfe"s, "\xff\xff"s};
    for (const auto& key : odd) CHECK(await(store->put_if_absent(key, bytes_of(key))).value());
    for (const auto& key : odd) {
      CHECK(await(store->get(key)).value().value().value == bytes_of(key));
      CHECK(await(store->list(key)).value() == std::vector<std::string>{key});
    }
    CHECK(await(store->list("a")).value() == std::vector<std::string>{"a\0b"s, "a%"s});
    CHECK(await(store->list("\xff")).value().size() == 2);
    for (const auto& key : odd) CHECK(await(store->erase(key)).value());
    CHECK(await(store->list("")).value().empty());
  }
  SECTION("what was put for a while ends, and not earlier") {
    CHECK(await(store->put_if_absent_for("brief", bytes_of("a"), 1ms)).value());
    CHECK(await(store->put_if_absent_for("long", bytes_of("b"), max_lifetime)).value());
    CHECK(!await(store->put_if_absent_for("long", bytes_of("c"), 1ms)).value());
    CHECK(!await(store->put_if_absent("long", bytes_of("c"))).value());
    // Made again and again until the first one was over; each time counts from then.
    const auto give_up = std::chrono::steady_clock::now() + 30s;
    bool again = false;
    while (!again && std::chrono::steady_clock::now() < give_up)
      again = await(store->put_if_absent("brief", bytes_of("again"))).value();
    CHECK(again);
    CHECK(await(store->get("brief")).value().value().value == bytes_of("again"));

    const auto kept = await(store->get("long")).value().value();
    CHECK(kept.value == bytes_of("b"));
    CHECK(await(store->compare_exchange("long", kept.version, bytes_of("d"))).value());
    CHECK(await(store->list("")).value() == std::vector<std::string>{"brief", "long"});
    CHECK(await(store->erase("long")).value());
    CHECK(await(store->put_if_absent_for("x", {}, 0ms)).error() == errc::invalid_option);
    CHECK(await(store->put_if_absent_for("x", {}, max_lifetime + 1ms)).error() == errc::invalid_option);
    CHECK(await(store->put_if_absent_for("", {}, 1h)).error() == errc::invalid_option);
  }
  SECTION("what is over can be neither read, listed, exchanged nor erased") {
    CHECK(await(store->put_if_absent_for("brief", bytes_of("a"), 20ms)).value());
    const auto seen = await(store->get("brief")).value();
    const auto give_up = std::chrono::steady_clock::now() + 30s;
    while (await(store->get("brief")).value().has_value() && std::chrono::steady_clock::now() < give_up) {
    }
    CHECK(!await(store->get("brief")).value().has_value());
    CHECK(await(store->list("")).value().empty());
    CHECK(!await(store->erase("brief")).value());
    if (seen) CHECK(!await(store->compare_exchange("brief", seen->version, bytes_of("b"))).value());
  }
  SECTION("list gives the keys with a prefix, sorted") {
    for (const char* key : {"pin/b", "pin/a", "pin", "pin0", "identity", "pin/a/c"})
      CHECK(await(store->put_if_absent(key, bytes_of(key))).value());
    CHECK(await(store->list("pin/")).value() == std::vector<std::string>{"pin/a", "pin/a/c", "pin/b"});
    CHECK(await(store->list("")).value().size() == 6);
    CHECK(await(store->list("z")).value().empty());
  }
  SECTION("another handle sees what was written") {
    const auto other = open();
    CHECK(await(store->put_if_absent("key", bytes_of("a"))).value());
    const auto seen = await(other->get("key")).value().value();
    CHECK(seen.value == bytes_of("a"));
    CHECK(await(other->compare_exchange("key", seen.version, bytes_of("b"))).value());
    CHECK(await(store->get("key")).value().value().value == bytes_of("b"));
    CHECK(await(other->erase("key")).value());
    CHECK(!await(store->get("key")).value().has_value());
  }
  SECTION("exactly one of many racing put_if_absent wins") {
    constexpr int racers = 16;
    std::atomic<int> winners = 0;
    std::atomic<int> errors = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < racers; ++i)
      threads.emplace_back([&, i, handle = i % 2 == 0 ? store : open()] {
        const auto put = await(handle->put_if_absent("key", bytes_of(std::to_string(i))));
        if (!put) ++errors;
        if (put && *put) ++winners;
      });
    for (auto& thread : threads) thread.join();
    CHECK(errors == 0);
    CHECK(winners == 1);
  }
  SECTION("racing compare_exchange loses no update") {
    constexpr int racers = 16;
    constexpr int rounds = 4;
    CHECK(await(store->put_if_absent("counter", bytes_of(""))).value());
    std::atomic<int> errors = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < racers; ++i)
      threads.emplace_back([&, handle = i % 2 == 0 ? store : open()] {
        for (int done = 0; done < rounds;) {
          auto found = await(handle->get("counter"));
          if (!found || !found->has_value()) return void(++errors);
          auto longer = (*found)->value;
          longer.push_back(std::byte{1});
          const auto written = await(handle->compare_exchange("counter", (*found)->version, longer));
          if (!written) return void(++errors);
          if (*written) ++done;
        }
      });
    for (auto& thread : threads) thread.join();
    CHECK(errors == 0);
    CHECK(await(store->get("counter")).value().value().value.size() == racers * rounds);
  }
}

/// The part of the contract that is about processes: for stores that they can share. The parent opens
/// nothing.
inline void check_storage_contract_of_processes(const std::function<std::shared_ptr<storage>()>& open) {
  constexpr int processes = 8;
  constexpr int rounds = 10;
  // The exit status of a child: 1 if its put_if_absent won, 99 for an error.
  const auto race = [&](int number) {
    const auto store = open();
    const auto put = await(store->put_if_absent("first", bytes_of(std::to_string(number))));
    const auto counter = await(store->put_if_absent("counter", {}));
    if (!put || !counter) return 99;
    for (int done = 0; done < rounds;) {
      auto found = await(store->get("counter"));
      if (!found || !found->has_value()) return 99;
      auto longer = (*found)->value;
      longer.push_back(std::byte{1});
      const auto written = await(store->compare_exchange("counter", (*found)->version, longer));
      if (!written) return 99;
      if (*written) ++done;
    }
    return *put ? 1 : 0;
  };
  std::deque<child_process> children;
  for (int i = 0; i < processes; ++i) children.emplace_back([&, i] { return race(i); });
  int winners = 0;
  for (auto& child : children) {
    const int status = child.wait();
    CHECK(status <= 1);
    winners += status;
  }
  CHECK(winners == 1);
  CHECK(await(open()->get("counter")).value().value().value.size() == processes * rounds);
}

}  // namespace coseal::test
