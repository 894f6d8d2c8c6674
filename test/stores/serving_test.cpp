#include "stores/kept_by_all.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/redis_server.hpp"

#include <coseal/carrier.hpp>
#include <coseal/endpoint.hpp>
#include <coseal/error.hpp>
#include <coseal/pins.hpp>
#include <coseal/redis.hpp>
#include <coseal/session.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <string_view>
#include <thread>

using namespace coseal;
using namespace coseal::test;
using namespace std::chrono_literals;

namespace {

/// Both ends of what became of one attempt.
struct both_ends {
  std::optional<result<session>> acceptor;
  std::optional<result<session>> connector;

  explicit operator bool() const { return *acceptor && *connector; }
};

/// A backend whose store is a Redis, and frontends with stores of their own.
class backend_on_redis {
 public:
  backend_on_redis() {
    redis_options quick;
    quick.within(300ms);
    store = redis_storage(redis.url(), quick);
  }

  both_ends meet(const endpoint& frontend) {
    auto [here, there] = memory_pair(io.get_executor(), io.get_executor());
    both_ends met;
    start(io, accept_session(as_result, backend(), std::move(here), accept_options()),
          [&](result<session> made) { met.acceptor.emplace(std::move(made)); });
    start(io, connect_session(as_result, frontend, std::move(there), connect_options()),
          [&](result<session> made) { met.connector.emplace(std::move(made)); });
    turn([&] { return met.acceptor && met.connector; });
    return met;
  }
  /// Whether a frame comes through a session that is there.
  bool speaks(both_ends& met) {
    std::optional<bool> right;
    const std::string_view text = "still here";
    start(io, (*met.connector)->send(as_result, std::as_bytes(std::span(text))), [](const result<void>&) {});
    start(io, (*met.acceptor)->receive(as_result),
          [&](result<frame> got) { right = got && got->text() == text; });
    turn([&] { return right.has_value(); });
    return *right;
  }
  std::size_t pins() { return await(list_pins(storage_from(redis.url()).value())).value().size(); }

  redis_server redis;
  asio::io_context io{1};
  std::shared_ptr<storage> store;

 private:
  /// One for all, as a server has: its identity is loaded.
  const endpoint& backend() {
    if (!backend_) backend_.emplace(coordinate("backend"), store);
    return *backend_;
  }
  template <typename Done>
  void turn(const Done& done) {
    io.restart();
    while (!done()) io.run_one();
  }

  std::optional<endpoint> backend_;
};

endpoint newcomer(const std::string& name) {
  return endpoint(coordinate("frontend", name), memory_storage());
}

void check_refused(backend_on_redis& stage, const std::string& name) {
  const auto met = stage.meet(newcomer(name));
  CHECK(met.acceptor->error() == errc::storage_failed);
  CHECK(!*met.connector);
  CHECK(met.connector->error() == errc::busy);  // try again later: more is not for strangers
  // Another process that starts now has no identity to serve with, and makes none.
  endpoint fresh(coordinate("backend"), redis_storage(stage.redis.url(), redis_options().within(300ms)));
  CHECK(await(fresh.load()).error() == errc::storage_failed);
}

bool serves_again(backend_on_redis& stage, const std::string& name) {
  const auto give_up = std::chrono::steady_clock::now() + 60s;
  const auto frontend = newcomer(name);
  while (std::chrono::steady_clock::now() < give_up) {
    auto met = stage.meet(frontend);
    if (met) return stage.speaks(met);
  }
  return false;
}

}  // namespace

TEST_CASE("sessions go on while redis is away, newcomers are told, and nothing is made up", "[stores]") {
  if (!redis_server::is_there()) {
    WARN("skipped: there is no redis-server");
    return;
  }
  backend_on_redis stage;
  const auto known = newcomer("known");
  auto live = stage.meet(known);
  REQUIRE(live);
  REQUIRE(stage.speaks(live));
  const auto identity = await(endpoint(coordinate("backend"), stage.store).load()).value();

  SECTION("frozen") {
    stage.redis.freeze();
    CHECK(stage.speaks(live));
    check_refused(stage, "while-frozen");
    CHECK(stage.speaks(live));
    stage.redis.thaw();
  }
  SECTION("stopped") {
    stage.redis.stop();
    CHECK(stage.speaks(live));
    check_refused(stage, "while-stopped");
    CHECK(stage.speaks(live));
    stage.redis.start();
  }
  CHECK(serves_again(stage, "afterwards"));
  CHECK(stage.speaks(live));
  auto again = stage.meet(known);
  REQUIRE(again);
  CHECK(stage.pins() == 2);
  CHECK(await(endpoint(coordinate("backend"), storage_from(stage.redis.url()).value()).load()).value() ==
        identity);
}
