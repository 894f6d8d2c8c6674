// Clients whose sessions outlive their connections.
#include "channel/scene.hpp"
#include "trust/identity_document.hpp"

namespace coseal::test {
namespace {

std::vector<channel_state> connections_in(const scene& s) {
  std::vector<channel_state> found;
  for (const auto& state : s.states)
    if (state.state == connection_state::connected) found.push_back(state);
  return found;
}

void wait_until_connected(scene& s) {
  s.run([&]() -> task<void> { co_await s.caller.ready(within(1h)); });
}

}  // namespace

TEST_CASE("a client resumes its session at each reconnect, and both sides know", "[channel][resume]") {
  scene s(GENERATE(security_level::authenticated, security_level::encrypted));
  std::vector<session_start> served_as;
  s.serving.handlers.push_back(handle<greet>([&](greet in, context& with) -> task<std::string> {
    served_as.push_back(with.peer().start());
    co_return "hello " + in.name;
  }));
  s.open();
  for (int i = 0; i < 4; ++i) {
    s.run([&]() -> task<void> {
      const auto said = co_await s.caller.call<greet>("Ada");
      CHECK(said == "hello Ada");
    });
    s.cut();
    s.settle();
  }
  CHECK(served_as == std::vector{session_start::fresh, session_start::resumed, session_start::resumed,
                                 session_start::resumed});
  const auto connections = connections_in(s);
  REQUIRE(connections.size() >= 4);
  CHECK(connections[0].start == session_start::fresh);
  CHECK(connections[3].start == session_start::resumed);
  s.end();
}

TEST_CASE("a client whose session is void says that it has expired, and so does the server",
          "[channel][resume]") {
  scene s;
  std::vector<session_start> served_as;
  s.serving.handlers.push_back(handle<greet>([&](greet in, context& with) -> task<std::string> {
    served_as.push_back(with.peer().start());
    co_return in.name;
  }));
  s.open();
  s.run([&]() -> task<void> { static_cast<void>(co_await s.caller.call<greet>("Ada")); });
  s.reachable = false;
  s.cut();
  s.pass(25h);
  s.reachable = true;
  wait_until_connected(s);
  s.run([&]() -> task<void> { static_cast<void>(co_await s.caller.call<greet>("Ada")); });
  CHECK(served_as == std::vector{session_start::fresh, session_start::expired});
  CHECK(connections_in(s).back().start == session_start::expired);
  s.end();
}

TEST_CASE("an idempotent call that was lost is asked again over the resumed session", "[channel][resume]") {
  scene s;
  int ran = 0;
  s.on<wait_for>([&](wait_for in, context&) -> task<std::uint32_t> {
    if (++ran == 1) co_await s.pause(1h);
    co_return in.ms;
  });
  s.open();
  s.start([&]() -> task<void> {
    const auto answer = co_await s.caller.call<wait_for>(7U, idempotent().within(10min));
    CHECK(answer == 7);
  });
  s.settle();
  REQUIRE(ran == 1);
  s.cut();
  s.run();
  CHECK(ran == 2);
  CHECK(connections_in(s).back().start == session_start::resumed);
  s.end();
}

TEST_CASE("a client that keeps its session resumes it after a restart", "[channel][resume]") {
  scene s;
  std::vector<session_start> served_as;
  s.serving.handlers.push_back(handle<greet>([&](greet in, context& with) -> task<std::string> {
    served_as.push_back(with.peer().start());
    co_return in.name;
  }));
  s.connecting.keep_as = "main";
  s.open();
  s.run([&]() -> task<void> { static_cast<void>(co_await s.caller.call<greet>("Ada")); });
  s.caller = client();
  s.settle();
  s.caller = connect_channel(s.frontend, test_channel(), s.connecting);
  s.run([&]() -> task<void> { static_cast<void>(co_await s.caller.call<greet>("Ada")); });
  CHECK(served_as == std::vector{session_start::fresh, session_start::resumed});
  s.end();

  client_options wrong = s.connecting;
  wrong.keep_as = "a/b";
  CHECK_THROWS_AS(connect_channel(s.frontend, test_channel(), wrong), error);
}

}  // namespace coseal::test
