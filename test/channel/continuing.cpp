// Calls and pushes that outlive the connection that they began on.
#include "channel/continuation.hpp"
#include "channel/message_send.hpp"
#include "channel/scene.hpp"

#include <algorithm>
#include <numeric>

namespace coseal::test {
namespace {

/// A scene whose client writes down what is pushed to it.
class interrupted : public scene {
 public:
  explicit interrupted(security_level l = security_level::authenticated) : scene(l) {
    connecting.handlers.push_back(handle<news>([this](news in) -> task<void> {
      while (held) co_await pause(1ms);
      numbers.push_back(in.number);
    }));
    on<wait_for>([this](wait_for in, context& with) -> task<std::uint32_t> {
      ++ran;
      ++with.state<std::uint32_t>();
      const gone_flag end{ended};
      co_await pause(std::chrono::milliseconds(in.ms));
      end.in_order = true;
      co_return with.state<std::uint32_t>();
    });
    serving.on_connected = [this](coseal::peer&) { ++came; };
    serving.on_disconnected = [this](coseal::peer&, std::error_code) { ++left; };
  }

  /// Calls wait_for; what became of it is in `answer` and `end`.
  void ask(std::uint32_t ms, call_options options = within(10min)) {
    start([this, ms, options]() -> task<void> {
      auto got = co_await caller.try_call<wait_for>(ms, options);
      end_ = got.outcome();
      why = got.error();
      if (got) answer = std::move(got).value();
    });
    settle();
  }
  void push(std::uint32_t from, std::uint32_t to, std::size_t size = 4) {
    start([this, from, to, size]() -> task<void> {
      const std::string text(size, 'x');
      for (std::uint32_t i = from; i <= to; ++i) co_await served.broadcast<news>(i, text);
    });
    settle();
  }
  void connect() {
    run([this]() -> task<void> { co_await caller.ready(within(1h)); });
    settle();
  }
  std::ptrdiff_t connections() const {
    return std::ranges::count(states, connection_state::connected, &channel_state::state);
  }
  const channel_state& last_connected() const {
    for (auto at = states.rbegin(); at != states.rend(); ++at)
      if (at->state == connection_state::connected) return *at;
    return states.front();
  }
  /// What the client said, for people.
  std::string story() const {
    std::string text = end_ ? std::string(to_string(*end_)) + ": " + why.message() : "no end";
    for (const auto& state : states)
      text += "\n" + std::string(to_string(state.state)) + " " + std::string(to_string(state.start)) + " " +
              state.why.message();
    return text;
  }
  bool all_pushes_counted() const {
    const auto c = served.counters();
    return c.pushed == c.sent + c.dropped + c.lost + c.waiting;
  }

  struct gone_flag {
    int& cancelled;
    mutable bool in_order = false;
    ~gone_flag() {
      if (!in_order) ++cancelled;
    }
  };

  bool held = false;
  std::vector<std::uint32_t> numbers;
  int ran = 0, ended = 0, came = 0, left = 0;
  std::optional<call_outcome> end_;
  std::error_code why;
  std::optional<std::uint32_t> answer;
};

std::vector<std::uint32_t> numbers_from(std::uint32_t first, std::uint32_t last) {
  std::vector<std::uint32_t> all(last - first + 1);
  std::iota(all.begin(), all.end(), first);
  return all;
}

}  // namespace

TEST_CASE("a call that runs when its connection is lost is answered over the next", "[channel][continue]") {
  interrupted s(GENERATE(security_level::authenticated, security_level::encrypted));
  s.open();
  s.connect();
  s.ask(10'000);
  SECTION("once") {
    s.lines.cut();
  }
  SECTION("also after many losses") {
    for (int i = 0; i < 8; ++i) {
      s.lines.cut();
      s.pass(1s);
    }
  }
  SECTION("also if it ends while the client is away") {
    s.reachable = false;
    s.lines.cut();
    s.pass(15s);
    s.reachable = true;
  }
  s.run();
  CHECK(s.end_ == call_outcome::replied);
  CHECK(s.answer == 1U);
  CHECK(s.ran == 1);
  CHECK(s.came == 1);
  CHECK(s.left == 0);
  CHECK(s.last_connected().start == session_start::resumed);
  CHECK(s.last_connected().missed_pushes == 0U);
  s.ask(1);
  s.run();
  CHECK(s.answer == 2U);  // the state of the client has gone on as well
  s.end();
}

TEST_CASE("no call runs twice, whatever of it or its answer was on the way", "[channel][continue]") {
  interrupted s;
  s.open();
  s.connect();
  SECTION("the answer") {
    s.lines.lose_answers();
    s.ask(0);
    s.pass(1s);
    CHECK(s.ran == 1);
  }
  SECTION("the call") {
    s.lines.lose_questions();
    s.ask(0);
    s.pass(1s);
    CHECK(s.ran == 0);
  }
  s.lines.cut();
  s.run();
  CHECK(s.answer == 1U);
  CHECK(s.ran == 1);
  s.end();
}

TEST_CASE("a connection that is lost at any byte of its return changes nothing", "[channel][continue]") {
  for (std::size_t n = 0; n < 900; n += 9) {
    for (const bool back : {false, true}) {
      interrupted s;
      s.open();
      s.connect();
      s.ask(20'000);
      (back ? s.back : s.forth).cut_after = n;
      s.lines.cut();
      s.push(1, 3);
      s.pass(2s);
      s.back = s.forth = {};
      s.lines.cut();
      s.push(4, 4);
      s.run();
      s.pass(1s);
      INFO("byte " << n << (back ? " back" : " forth") << "\n" << s.story());
      REQUIRE(s.answer == 1U);
      REQUIRE(s.ran == 1);
      REQUIRE(s.numbers == numbers_from(1, 4));
      REQUIRE(s.all_pushes_counted());
      s.end();
    }
  }
}

TEST_CASE("a call that ends at any moment of the return is answered once", "[channel][continue]") {
  for (std::uint32_t ms = 100; ms < 1'200; ms += 50) {
    interrupted s;
    s.open();
    s.connect();
    s.ask(ms);
    s.forth.time = s.back.time = s.time;
    s.forth.delay = 200ms;
    s.lines.cut();
    s.run();
    s.pass(2s);
    INFO(ms << " ms\n" << s.story());
    REQUIRE(s.answer == 1U);
    REQUIRE(s.ran == 1);
    REQUIRE(s.connections() == 2);
    REQUIRE(s.states.back().state == connection_state::connected);
    s.end();
  }
}

TEST_CASE("a thousand calls that are open at a loss all get their own answers", "[channel][continue]") {
  interrupted s;
  s.on<greet>([&s](greet in) -> task<std::string> {
    co_await s.pause(100ms);
    co_return "hello " + in.name;
  });
  s.open();
  s.connect();
  int right = 0;
  for (int i = 0; i < 1'500; ++i)  // more than can be outstanding
    s.start([&s, &right, i]() -> task<void> {
      const std::string name = std::to_string(i);
      const auto said = co_await s.caller.call<greet>(name, within(10min));
      if (said == "hello " + name) ++right;
    });
  s.settle();
  s.lines.lose_answers();
  s.pass(50ms);
  s.lines.cut();
  s.run();
  CHECK(right == 1'500);
  s.end();
}

TEST_CASE("a server that has nothing of before says so, and calls end as they did", "[channel][continue]") {
  interrupted s;
  const bool late = GENERATE(false, true);
  if (late) s.serving.lost.keep = 10s;
  s.open();
  s.connect();
  const bool again = GENERATE(false, true);
  s.ask(5'000, again ? idempotent().within(10min) : within(10min));
  REQUIRE(s.ran == 1);
  s.reachable = false;
  if (late) {
    s.lines.cut();
    s.pass(11s);
    CHECK(s.ended == 0);  // it ended by itself
    CHECK(s.left == 1);
    CHECK(s.served.clients().empty());
  } else {
    s.served = server();
    s.settle();
    s.served = serve_channel(s.backend, test_channel(), s.serving);
  }
  s.reachable = true;
  s.run();
  CHECK(s.end_ == (again ? call_outcome::replied : call_outcome::unknown));
  CHECK(s.ran == (again ? 2 : 1));
  if (!again) CHECK(s.why == errc::truncated);
  CHECK(s.last_connected().start == session_start::resumed);
  CHECK_FALSE(s.last_connected().missed_pushes.has_value());
  s.push(1, 2);
  s.settle();
  CHECK(s.numbers == numbers_from(1, 2));
  s.end();
}

TEST_CASE("an answer that was not kept is unknown, and asked again only if it may be",
          "[channel][continue]") {
  interrupted s;
  s.serving.lost.bytes = 500;
  int ran = 0;
  s.on<blob>([&ran](blob in) -> task<std::vector<std::byte>> {
    ++ran;
    co_return std::move(in.bytes);
  });
  s.open();
  s.connect();
  const bool again = GENERATE(false, true);
  const std::size_t size = GENERATE(600U, 5'000U, 400U);
  call_outcome outcome{};
  std::error_code why;
  s.lines.lose_answers();
  s.start([&]() -> task<void> {
    const blob sent{bytes(size)};
    const auto options = again ? idempotent().within(10min) : within(10min);
    const auto got = co_await s.caller.try_call(sent, options);
    outcome = got.outcome();
    why = got.error();
  });
  s.pass(1s);
  CHECK(ran == 1);
  s.lines.cut();
  s.run();
  const bool kept = size < 500;
  CHECK(ran == (again && !kept ? 2 : 1));
  CHECK(outcome == (again || kept ? call_outcome::replied : call_outcome::unknown));
  if (!again && !kept) CHECK(why == call_errc::answer_not_kept);
  s.end();
}

TEST_CASE("who gives up while away is heard when the client is back", "[channel][continue]") {
  interrupted s;
  s.open();
  s.connect();
  std::stop_source stop;
  s.ask(20'000, call_options().within(10min).stop(stop.get_token()));
  s.reachable = false;
  s.lines.cut();
  s.settle();
  stop.request_stop();
  s.run();
  CHECK(s.end_ == call_outcome::unknown);
  CHECK(s.why == errc::cancelled);
  CHECK(s.ended == 0);
  s.reachable = true;
  s.connect();
  s.settle();
  CHECK(s.ended == 1);  // cancelled
  s.ask(0);
  s.run();
  CHECK(s.answer == 2U);
  s.end();
}

TEST_CASE("a stream ends with its connection, and its handler", "[channel][continue]") {
  interrupted s;
  int ended = 0;
  s.serving.handlers.push_back(
      handle<count_to>([&](count_to in, sink<std::vector<std::byte>>& out, context&) -> task<void> {
        const interrupted::gone_flag end{ended};
        for (std::uint32_t i = 0; i < in.last; ++i) {
          const std::vector<std::byte> item(in.size);
          co_await out.send(item);
          co_await s.pause(1s);
        }
        end.in_order = true;
      }));
  s.open();
  s.connect();
  s.ask(30'000);
  std::error_code why;
  int items = 0;
  s.start([&]() -> task<void> {
    auto all = co_await s.caller.call<count_to>(100U, 10U);
    try {
      while (co_await all.next()) ++items;
    } catch (const call_error& e) {
      why = e.code();
      CHECK(e.outcome() == call_outcome::unknown);
    }
  });
  s.pass(2s);
  s.lines.cut();
  s.run();
  CHECK(items > 0);
  CHECK(why);
  CHECK(ended == 1);
  CHECK(s.answer == 1U);
  s.end();
}

TEST_CASE("pushes that are made while a client is away come in order when it is back",
          "[channel][continue]") {
  interrupted s;
  s.open();
  s.connect();
  s.push(1, 10);
  s.settle();
  SECTION("those on their way as well") {
    s.lines.lose_answers();
    s.push(11, 20);
    s.settle();
  }
  SECTION("none") {
    s.push(11, 20);
    s.settle();
  }
  s.reachable = false;
  s.lines.cut();
  s.settle();
  s.push(21, 300);  // more than push_options::queue, of which nobody waits
  CHECK(s.served.counters().waiting >= 280);
  s.pass(10s);
  s.reachable = true;
  s.connect();
  s.push(301, 310);
  s.settle();
  CHECK(s.numbers == numbers_from(1, 310));
  CHECK(s.last_connected().missed_pushes == 0U);
  CHECK(s.all_pushes_counted());
  CHECK(s.served.counters().sent == 310);
  s.end();
}

TEST_CASE("pushes beyond the limit are a gap, to the message", "[channel][continue]") {
  interrupted s;
  const bool by_bytes = GENERATE(false, true);
  if (by_bytes)
    s.serving.lost.bytes = 5 * 1'010;
  else
    s.serving.lost.pushes = 5;
  s.open();
  s.connect();
  s.push(1, 3, 1'000);
  s.settle();
  SECTION("what was never sent") {
    s.reachable = false;
    s.lines.cut();
    s.settle();
    s.push(4, 15, 1'000);
    s.reachable = true;
    s.connect();
    CHECK(s.numbers == std::vector<std::uint32_t>{1, 2, 3, 11, 12, 13, 14, 15});
    CHECK(s.last_connected().missed_pushes == 7U);
    CHECK(s.served.counters().dropped == 7);
  }
  SECTION("what was sent and lost") {
    s.lines.lose_answers();
    s.push(4, 15, 1'000);
    s.lines.cut();
    s.connect();
    CHECK(s.numbers == std::vector<std::uint32_t>{1, 2, 3, 11, 12, 13, 14, 15});
    CHECK(s.last_connected().missed_pushes == 7U);
    CHECK(s.served.counters().lost == 7);
  }
  CHECK(s.all_pushes_counted());
  s.push(16, 17);
  s.lines.cut();
  s.connect();
  CHECK(s.last_connected().missed_pushes == 0U);
  s.end();
}

TEST_CASE("the credit of pushes goes on with them", "[channel][continue]") {
  interrupted s;
  s.serving.pushes.policy = push_policy::drop_newest;
  s.serving.lost.bytes = 1 << 20;
  s.open();
  s.connect();
  s.held = true;
  s.push(1, 60, 10'000);  // 26 fill the window, the rest waits
  for (int i = 0; i < 3; ++i) {
    s.lines.cut();
    s.pass(2s);
  }
  CHECK(s.served.counters().waiting > 30);
  s.held = false;
  s.pass(5s);
  CHECK(s.numbers == numbers_from(1, 60));
  s.held = true;
  s.push(61, 110, 10'000);
  s.reachable = false;
  s.lines.cut();
  s.settle();
  s.held = false;
  s.pass(1s);  // what has come is handled while away
  s.reachable = true;
  s.connect();
  s.pass(1s);
  CHECK(s.numbers == numbers_from(1, 110));
  s.end();
}

TEST_CASE("a server that knows nothing of before has a whole window of pushes", "[channel][continue]") {
  interrupted s;
  s.serving.pushes.queue = 100;
  s.open();
  s.connect();
  s.held = true;
  s.push(1, 26, 10'000);
  s.served = server();
  s.settle();
  s.served = serve_channel(s.backend, test_channel(), s.serving);
  s.forth.time = s.back.time = s.time;
  s.back.delay = 300ms;
  s.pass(800ms);  // it asks, when ACCEPT has come
  s.held = false;
  s.pass(100ms);  // and handles what had come
  s.held = true;
  s.pass(5s);
  s.push(27, 76, 10'000);
  s.pass(1s);
  CHECK(s.served.counters().sent == 27);
  s.held = false;
  s.pass(5s);
  INFO(s.story());
  CHECK(s.numbers == numbers_from(1, 76));
  CHECK(s.connections() == 2);
  CHECK(s.states.back().state == connection_state::connected);
  s.end();
}

TEST_CASE("a resumed session that does not say that it goes on begins anew", "[channel][continue]") {
  interrupted s;
  s.serving.carriers.push_back(s.listening.address());
  s.served = serve_channel(s.backend, test_channel(), s.serving);
  connect_options options;
  options.peer(coordinate("backend")).level(s.level).channel(test_channel().definition()).time(s.time);
  bytes first;
  continue_request asked;
  std::size_t left = 1, came = 2;
  SECTION("it is silent") {
    came = 1;
  }
  SECTION("it calls") {
    const auto head = message_head::call(1, 3, 0, false);
    first.assign(head.bytes().begin(), head.bytes().end());
  }
  SECTION("it has no window") {
    asked.window.reset();
    first = bytes{std::byte{0}};
  }
  SECTION("it has another window") {
    asked.window.emplace().fill(std::byte{1});
    first = bytes{std::byte{0}};
  }
  SECTION("it has pushes that were never sent, which ends it") {
    asked.pushes = 1;
    first = bytes{std::byte{0}};
    came = 1;
  }
  s.run([&]() -> task<void> {
    session raw = co_await connect_session(s.frontend.self(), s.lines.add(s.listening.connect()), options);
    const auto talk = std::make_shared<session>(std::move(raw));
    post_message(talk, message_head::call(0, continue_position, 0, false), continue_request().encode());
    const frame reply = co_await talk->receive();
    const auto parsed = parse_call_message(reply.bytes(), message_sender::acceptor);
    const auto given = continue_answer::parse(parsed->body);
    REQUIRE(given.has_value());
    if (asked.pushes == 1) asked.window = given->window;
    options.resume(talk->binding());
    s.lines.cut();
    session again = co_await connect_session(s.frontend.self(), s.listening.connect(), options);
    CHECK(again.info().start == session_start::resumed);
    if (first == bytes{std::byte{0}}) {
      const auto head = message_head::call(1024, continue_position, 0, false);
      const auto fields = asked.encode();
      first.assign(head.bytes().begin(), head.bytes().end());
      first.insert(first.end(), fields.begin(), fields.end());
    }
    if (!first.empty()) co_await again.send(first);
    const auto answer = co_await again.receive(as_result, within(5s));
    if (first.empty()) {
      CHECK(s.left == 0);
      co_await s.pause(s.serving.lost.keep);
      ++came;
    } else {
      CHECK(answer.has_value() == (asked.pushes == 0));
    }
    CHECK(s.came == static_cast<int>(came));
    CHECK(s.left == static_cast<int>(left));
  });
  s.served = server();
  s.settle();
}

TEST_CASE("a client that never comes back is forgotten with all that ran for it", "[channel][continue]") {
  interrupted s;
  std::weak_ptr<int> held;
  s.on<greet>([&](greet in, context& with) -> task<std::string> {
    with.state<std::shared_ptr<int>>() = std::make_shared<int>(1);
    held = with.state<std::shared_ptr<int>>();
    co_return in.name;
  });
  s.open();
  s.run([&]() -> task<void> { static_cast<void>(co_await s.caller.call<greet>("Ada")); });
  s.ask(3'600'000, within(5min));
  s.reachable = false;
  s.lines.cut();
  s.pass(50s);
  s.push(1, 5);
  CHECK_FALSE(held.expired());
  CHECK(s.served.clients().size() == 1);
  CHECK(s.left == 0);
  s.pass(11s);
  CHECK(held.expired());
  CHECK(s.served.clients().empty());
  CHECK(s.ended == 1);
  CHECK(s.left == 1);
  CHECK(s.listening.alive() == 0);
  CHECK(s.served.counters().lost == 5);
  s.run();
  CHECK(s.end_ == call_outcome::unknown);
  s.end();
}

TEST_CASE("what is not to be kept is not kept", "[channel][continue]") {
  interrupted s(GENERATE(security_level::none, security_level::encrypted));
  bool none = s.level == security_level::none;
  SECTION("nobody wants it, or level none") {
    s.serving.lost.keep = 0ms;
    s.open();
    s.connect();
    s.ask(10'000);
    s.lines.cut();
  }
  SECTION("there is no room") {
    s.serving.lost.clients = 0;
    s.open();
    s.connect();
    s.ask(10'000);
    s.lines.cut();
  }
  SECTION("the server has disconnected it") {
    s.open();
    s.connect();
    s.ask(10'000);
    s.cut();
  }
  SECTION("the server has disconnected it while it was away") {
    s.open();
    s.connect();
    s.ask(10'000);
    s.reachable = false;
    s.lines.cut();
    s.settle();
    if (!none) CHECK(s.served.clients().size() == 1);
    s.cut();
    s.settle();
    CHECK(s.served.clients().empty());
    s.reachable = true;
  }
  s.run();
  CHECK(s.ended == 1);
  CHECK(s.left == 1);
  CHECK(s.end_ == call_outcome::unknown);
  s.end();
}

TEST_CASE("a client that was restarted begins anew at once", "[channel][continue]") {
  interrupted s;
  s.connecting.keep_as = "main";
  s.open();
  s.connect();
  std::stop_source stop;
  s.ask(20'000, call_options().within(10min).stop(stop.get_token()));
  s.lines.lose_questions();
  stop.request_stop();
  s.settle();
  s.caller = client();  // gone without a word
  s.settle();
  CHECK(s.ended == 0);
  s.caller = connect_channel(s.frontend, test_channel(), s.connecting);
  s.ask(0);
  s.run();
  INFO(s.story());
  CHECK(s.ended == 1);
  CHECK(s.came == 2);
  CHECK(s.left == 1);
  CHECK(s.answer == 1U);  // with a state of its own
  s.end();
}

TEST_CASE("a server that closes or drains forgets who is away", "[channel][continue]") {
  interrupted s;
  s.open();
  s.connect();
  s.ask(10'000, within(20s));
  s.reachable = false;
  s.lines.cut();
  s.settle();
  const auto closing = GENERATE(0, 1, 2);
  s.run([&]() -> task<void> {
    if (closing == 0) co_await s.served.close();
    if (closing == 1) co_await s.served.drain();
    if (closing == 2) s.served = server();
  });
  s.settle();
  CHECK(s.ended == 1);
  CHECK(s.left == 1);
  s.end();
}

}  // namespace coseal::test
