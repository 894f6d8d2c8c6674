// What a server and a client do with peers that break the rules of calls.

#include "channel/call_message.hpp"
#include "channel/continuation.hpp"
#include "channel/scene.hpp"

namespace coseal::test {
namespace {

bytes with_body(const message_head& head, std::size_t body) {
  bytes message(head.bytes().begin(), head.bytes().end());
  message.resize(message.size() + body);
  return message;
}

message_head asking(std::uint64_t id, std::uint64_t position, bool items = false) {
  return message_head::call(id, position, 30'000, items);
}

constexpr std::uint64_t waits = 2, nobody_handles = 3;  // wait_for, forget

bytes going_on(std::uint64_t id) {
  bytes message = with_body(asking(id, continue_position), 0);
  const auto fields = continue_request().encode();
  message.insert(message.end(), fields.begin(), fields.end());
  return message;
}

}  // namespace

TEST_CASE("a server ends the session of a connector that breaks the rules", "[channel][violations]") {
  scene s;
  s.on<wait_for>([&s](wait_for) -> task<std::uint32_t> {
    co_await s.pause(1h);
    co_return 0;
  });
  s.serving.carriers.push_back(s.listening.address());
  s.served = serve_channel(s.backend, test_channel(), s.serving);
  std::vector<bytes> said;
  bool ends = true;
  SECTION("an id that is in use") {
    said = {with_body(asking(0, waits, true), 1), with_body(asking(1024, waits, true), 1)};
  }
  SECTION("an id that was used before") {
    said = {with_body(asking(5, nobody_handles), 0), with_body(asking(5, nobody_handles), 0)};
  }
  SECTION("what belongs to no call") {
    said = {with_body(message_head::cancel(7), 0)};
  }
  SECTION("items of a call that takes none") {
    said = {with_body(asking(0, waits, false), 1), with_body(message_head::item(0), 1)};
  }
  SECTION("items without credit") {
    said = {with_body(asking(0, waits, true), 1), with_body(message_head::item(0), 200'000),
            with_body(message_head::item(0), 200'000), with_body(message_head::item(0), 1)};
  }
  SECTION("credit beyond the window") {
    said = {with_body(asking(0, waits, true), 1), with_body(message_head::credit(0, 1), 0)};
  }
  SECTION("credit for pushes beyond the window") {
    said = {with_body(message_head::push_credit(1), 0)};
  }
  SECTION("a message of the acceptor") {
    said = {with_body(message_head::push(0), 0)};
  }
  SECTION("no message") {
    said = {bytes()};
  }
  SECTION("asking to go on behind something else") {
    said = {with_body(asking(5, nobody_handles), 0), going_on(0)};
  }
  SECTION("asking to go on twice") {
    said = {going_on(0), going_on(1)};
  }
  SECTION("asking to go on with what can not be read") {
    said = {with_body(asking(0, continue_position), 2)};
  }
  SECTION("more pushes than were sent") {
    said = {going_on(0), with_body(message_head::pushes_taken(1), 0)};
  }
  SECTION("a call again that was not lost") {
    said = {going_on(0), with_body(asking(5, nobody_handles), 0), with_body(asking(5, nobody_handles), 0)};
  }
  SECTION("but not of one whose words crossed the end of the call") {
    said = {with_body(asking(5, nobody_handles), 0), with_body(message_head::cancel(5), 0),
            with_body(message_head::credit(5, 1), 0), with_body(asking(1029, nobody_handles), 0)};
    ends = false;
  }
  std::error_code why;
  std::size_t answers = 0;
  s.run([&]() -> task<void> {
    connect_options options;
    options.peer(coordinate("backend")).level(s.level).channel(test_channel().definition()).time(s.time);
    session raw = co_await connect_session(s.frontend.self(), s.listening.connect(), options);
    for (const auto& message : said) co_await raw.send(message);
    while (!why) {
      const auto answer = co_await raw.receive(as_result, within(5s));
      if (answer)
        ++answers;
      else
        why = answer.error();
    }
  });
  CHECK(why == (ends ? errc::peer_failed : errc::timed_out));
  if (!ends) CHECK(answers == 2);
  s.served = server();
  s.settle();
}

TEST_CASE("a client ends the session of an acceptor that breaks the rules, and its calls",
          "[channel][violations]") {
  scene s;
  std::vector<bytes> said;
  SECTION("an answer to no call") {
    said = {with_body(message_head::reply(3), 0)};
  }
  SECTION("two answers") {
    said = {with_body(message_head::reply(1), 1), with_body(message_head::reply(1), 1)};
  }
  SECTION("items of a call that gives none") {
    said = {with_body(message_head::item(1), 1)};
  }
  SECTION("credit beyond the window") {
    said = {with_body(message_head::credit(1, 1), 0)};
  }
  SECTION("a message of the connector") {
    said = {with_body(message_head::cancel(1), 0)};
  }
  SECTION("an answer to going on that can not be read") {
    said = {with_body(message_head::reply(0), 16)};
  }
  SECTION("another message about going on") {
    said = {with_body(message_head::end(0), 0)};
  }
  SECTION("going on twice") {
    said = {with_body(message_head::reply(0), 17), with_body(message_head::reply(0), 17)};
  }
  auto ends = memory_pair(s.io.get_executor(), s.io.get_executor());
  auto far = std::make_shared<std::unique_ptr<duplex_carrier>>(std::move(ends.second));
  auto near = std::make_shared<std::unique_ptr<duplex_carrier>>(std::move(ends.first));
  s.connecting.transports = {transport(
      "raw",
      [near](asio::any_io_executor, operation_options) -> task<result<std::unique_ptr<duplex_carrier>>> {
        if (!*near) co_return asio::error::connection_refused;
        co_return std::move(*near);
      })};
  s.caller = connect_channel(s.frontend, test_channel(), s.connecting);
  std::error_code why;
  s.start([&]() -> task<void> {
    accept_options options;
    options.channel(test_channel().definition()).time(s.time);
    session raw = co_await accept_session(s.backend.self(), std::move(*far), options);
    for (const std::uint64_t position : {continue_position, nobody_handles}) {
      const frame call = co_await raw.receive();
      const auto parsed = parse_call_message(call.bytes(), message_sender::connector);
      REQUIRE(parsed.has_value());
      CHECK(parsed->position == position);
    }
    for (const auto& message : said) co_await raw.send(message);
    const auto end = co_await raw.receive(as_result, within(5s));
    why = end.error();
  });
  s.start([&]() -> task<void> {
    const auto end = co_await s.caller.try_call<forget>(within(10s));
    if (said.size() != 2 || said[0].size() > 10) CHECK(end.outcome() == call_outcome::unknown);
  });
  s.run();
  CHECK(why == errc::peer_failed);
  s.caller = client();
  s.settle();
}

}  // namespace coseal::test
