// Connections of a server that nobody uses: no coroutine waits for them, and nobody sees that.

#include "channel/scene.hpp"

namespace coseal::test {
namespace {

/// A server whose connections are quiet after ten seconds, and what its hooks saw.
struct quiet_scene : scene {
  int connected = 0;
  std::vector<std::error_code> gone;
  std::vector<std::string> greeted;
  std::vector<std::uint32_t> pushed;

  explicit quiet_scene(security_level l) : scene(l) {
    serving.limits.hibernate = connecting.limits.hibernate = 10s;
    serving.lost.clients = 0;  // who goes has gone
    serving.on_connected = [this](coseal::peer&) { ++connected; };
    serving.on_disconnected = [this](coseal::peer&, std::error_code why) { gone.push_back(why); };
    on<greet>([this](greet in, context&) -> task<std::string> {
      greeted.push_back(in.name);
      co_return "hello " + in.name;
    });
    on<wait_for>([this](wait_for in, context&) -> task<std::uint32_t> {
      co_await pause(std::chrono::milliseconds(in.ms));
      co_return in.ms;
    });
    connecting.handlers = {handle<news>([this](news in, context&) -> task<void> {
      pushed.push_back(in.number);
      co_return;
    })};
    open();
  }
  void call(const std::string& name) {
    run([&]() -> task<void> {
      const auto answer = co_await caller.call<greet>(name);
      CHECK(answer == "hello " + name);
    });
  }
};

}  // namespace

TEST_CASE("a quiet connection is served again when a call comes", "[channel][hibernation]") {
  quiet_scene s(GENERATE(from_range(every_level)));
  for (int i = 0; i < 5; ++i) {
    s.call(std::to_string(i));
    s.pass(1min);
  }
  CHECK(s.greeted.size() == 5);
  CHECK(s.connected == 1);
  CHECK(s.gone.empty());
  CHECK(s.served.size() == 1);
  s.end();
  CHECK(s.gone.size() == 1);
}

TEST_CASE("a push wakes a quiet connection at both ends", "[channel][hibernation]") {
  quiet_scene s(GENERATE(from_range(every_level)));
  s.call("first");
  for (std::uint32_t i = 1; i <= 3; ++i) {
    s.pass(1min);
    s.run([&]() -> task<void> {
      const auto report = co_await s.served.broadcast<news>(i, "text");
      CHECK(report.clients == 1);
    });
    s.settle();
    CHECK(s.pushed.size() == i);
  }
  s.end();
}

TEST_CASE("a call that runs for long is answered on a connection that was quiet meanwhile",
          "[channel][hibernation]") {
  quiet_scene s(security_level::encrypted);
  s.run([&]() -> task<void> {
    const auto took = co_await s.caller.call<wait_for>(90'000U, within(2min));
    CHECK(took == 90'000);
  });
  s.pass(1min);
  // One that is cancelled while nobody reads for the connection.
  s.run([&]() -> task<void> {
    std::error_code why;
    try {
      static_cast<void>(co_await s.caller.call<wait_for>(600'000U, within(40s)));
    } catch (const error& e) {
      why = e.code();
    }
    CHECK(why == errc::timed_out);
  });
  s.call("after");
  s.end();
}

TEST_CASE("a quiet connection ends as any other", "[channel][hibernation]") {
  quiet_scene s(GENERATE(from_range(every_level)));
  s.call("first");
  s.pass(1min);
  SECTION("by its client") {
    s.caller = client();
    s.settle();
    s.pass(10s);
    CHECK(s.served.size() == 0);
  }
  SECTION("by the server that closes") {
    s.run([&]() -> task<void> { co_await s.served.close(); });
  }
  SECTION("by the server that drains") {
    s.run([&]() -> task<void> { co_await s.served.drain(); });
  }
  SECTION("by the server that is destroyed") {
    s.served = server();
    s.settle();
  }
  SECTION("by disconnect") {
    s.connecting.limits.hibernate = 0s;
    CHECK(s.served.disconnect(s.served.clients().front()));
    s.settle();
  }
  CHECK(s.gone.size() == 1);
  s.end();
}

TEST_CASE("a server goes while its connections are quiet and its context with it", "[channel][hibernation]") {
  auto s = std::make_unique<quiet_scene>(security_level::authenticated);
  s->call("first");
  s->pass(1min);
  s.reset();  // under ASan: nothing is left
}

}  // namespace coseal::test
