#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/redis_server.hpp"
#include "support/storage_conformance.hpp"

#include <coseal/error.hpp>
#include <coseal/message_bus.hpp>
#include <coseal/redis.hpp>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

using namespace coseal;
using namespace coseal::test;
using namespace std::chrono_literals;

namespace {

/// What a subscription heard, from whatever thread.
class heard_messages {
 public:
  message_bus::subscription on(message_bus& bus, const std::string& topic) {
    return bus.subscribe(topic, [this](const std::vector<std::byte>& message) {
      const std::lock_guard lock(mutex_);
      all_.push_back(message);
    });
  }
  std::vector<std::vector<std::byte>> all() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::vector<std::byte>> all_;
};

/// Publishes until something comes: nobody says when a subscription stands.
bool comes_through(message_bus& from, const std::string& topic, const heard_messages& to,
                   const std::string& text) {
  const auto give_up = std::chrono::steady_clock::now() + 60s;
  while (std::chrono::steady_clock::now() < give_up) {
    static_cast<void>(await(from.publish(topic, bytes_of(text))));
    for (int i = 0; i < 100; ++i) {
      const auto all = to.all();
      if (!all.empty() && all.back() == bytes_of(text)) return true;
      std::this_thread::yield();
    }
  }
  return false;
}

}  // namespace

TEST_CASE("a bus in memory reaches all who listen on its topic, until they go", "[stores]") {
  const auto bus = memory_bus();
  heard_messages first, second, other;
  auto one = first.on(*bus, "topic");
  const auto two = second.on(*bus, "topic");
  const auto three = other.on(*bus, "another");
  REQUIRE(await(bus->publish("topic", bytes_of("a"))));
  one.reset();
  REQUIRE(await(bus->publish("topic", bytes_of("b"))));
  using messages = std::vector<std::vector<std::byte>>;
  CHECK(first.all() == messages(1, bytes_of("a")));
  CHECK(second.all() == messages{bytes_of("a"), bytes_of("b")});
  CHECK(other.all().empty());
}

TEST_CASE("a bus by redis reaches other processes' connections, in order, and again after a restart",
          "[stores]") {
  if (!redis_server::is_there()) {
    WARN("skipped: there is no redis-server");
    return;
  }
  redis_server server;
  const auto here = redis_bus(server.url(), redis_options().within(500ms));
  const auto there = redis_bus(server.url(), redis_options().within(500ms));
  heard_messages heard, other;
  auto listening = heard.on(*there, "topic");
  const auto listening_too = other.on(*there, "another");
  REQUIRE(comes_through(*here, "topic", heard, "first"));
  const auto before = heard.all().size();
  std::vector<std::vector<std::byte>> sent;
  for (int i = 0; i < 200; ++i) sent.push_back(bytes_of(std::string("\0\r\n", 3) + std::to_string(i)));
  for (const auto& each : sent) REQUIRE(await(here->publish("topic", each)));
  REQUIRE(comes_through(*here, "topic", heard, "last"));
  const auto all = heard.all();
  REQUIRE(all.size() > before + sent.size());
  CHECK(std::search(all.begin(), all.end(), sent.begin(), sent.end()) != all.end());
  CHECK(other.all().empty());

  server.stop();
  CHECK(await(here->publish("topic", bytes_of("lost"))).error() == errc::storage_failed);
  server.start();
  CHECK(comes_through(*here, "topic", heard, "again"));
  listening.reset();
}
