#include "channel/scene.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>

namespace coseal::test {
namespace {

task<std::string> hello(greet in, context&) {
  co_return "hello " + in.name;
}

task<std::string> dictionary(translate in, context&) {
  if (in.word.size() > 8) throw too_long{8};
  if (in.word == "fail") throw std::runtime_error("a secret of the backend");
  if (in.word != "haus") throw unknown_word{in.word};
  co_return "house";
}

/// A scene whose handlers write down what they did.
struct call_scene : scene {
  std::vector<std::string> log;

  explicit call_scene(security_level l = security_level::authenticated) : scene(l) {
    on<greet>(hello);
    on<translate>(dictionary);
    on<wait_for>([this](wait_for in, context& where) -> task<std::uint32_t> {
      log.push_back("begin " + std::to_string(in.ms));
      try {
        co_await pause(std::chrono::milliseconds(in.ms));
      } catch (const std::system_error&) {
        log.push_back((where.cancelled() ? "cancelled " : "aborted ") + std::to_string(in.ms));
        throw;
      }
      log.push_back("end " + std::to_string(in.ms));
      co_return in.ms;
    });
    on<blob>([](blob in, context&) -> task<std::vector<std::byte>> { co_return std::move(in.bytes); });
  }
};

template <typename A>
void check_end(const call_result<A>& end, call_outcome outcome, std::error_code error) {
  INFO(end.error().message() << ": " << end.text());
  CHECK(end.outcome() == outcome);
  CHECK(end.error() == error);
}

}  // namespace

TEST_CASE("a call gives its handler's reply at every level", "[channel][calls]") {
  call_scene s(GENERATE(from_range(every_level)));
  s.open();
  s.run([&]() -> task<void> {
    {
      const auto got = co_await s.caller.call<greet>("Ada");
      CHECK(got == "hello Ada");
    }
    const greet named{"Grace"};
    {
      const auto got = co_await s.caller.call(named);
      CHECK(got == "hello Grace");
    }
    {
      const auto got = co_await s.caller.call<greet>("Alan", within(5s));
      CHECK(got == "hello Alan");
    }
    const auto end = co_await s.caller.try_call<greet>("Kurt");
    check_end(end, call_outcome::replied, {});
  });
  REQUIRE(s.states.size() == 2);
  CHECK(s.states[1].state == connection_state::connected);
  CHECK(s.states[1].level == s.level);
  s.end();
}

TEST_CASE("fields and replies of every size arrive whole", "[channel][calls]") {
  call_scene s;
  s.open();
  s.run([&]() -> task<void> {
    for (const std::size_t size : {0, 1, 900, 1100, 8192, 70'000, 300'000, 1'500'000}) {
      const blob sent{pattern(size, size)};
      const auto back = co_await s.caller.call(sent);
      CHECK(same(back, sent.bytes));
    }
  });
  s.end();
}

TEST_CASE("a declared error arrives as what it is, and says nothing of any other", "[channel][calls]") {
  call_scene s;
  std::string failed;
  s.serving.on_failure = [&](std::string_view action, const std::exception_ptr&) { failed = action; };
  s.open();
  s.run([&]() -> task<void> {
    {
      const auto got = co_await s.caller.call<translate>("haus");
      CHECK(got == "house");
    }
    std::string caught;
    try {
      co_await s.caller.call<translate>("baum");
    } catch (const unknown_word& e) {
      caught = e.word;
    }
    CHECK(caught == "baum");
    const auto end = co_await s.caller.try_call<translate>("Donaudampfschiff");
    check_end(end, call_outcome::declared_error, call_errc::declared);
    REQUIRE(end.declared<too_long>() != nullptr);
    CHECK(end.declared<too_long>()->most == 8);
    CHECK(end.declared<unknown_word>() == nullptr);
    const auto other = co_await s.caller.try_call<translate>("fail");
    check_end(other, call_outcome::unexpected_error, call_errc::handler_failed);
    CHECK(other.text().empty());
  });
  CHECK(failed == "words/translate");
  s.end();
}

TEST_CASE("an action that nobody handles, or that is not in the channel, is answered at once",
          "[channel][calls]") {
  call_scene s;
  s.open();
  s.run([&]() -> task<void> {
    check_end(co_await s.caller.try_call<forget>(), call_outcome::unexpected_error, call_errc::no_handler);
    check_end(co_await s.caller.try_call<stranger>(1U), call_outcome::not_sent, call_errc::not_in_channel);
    {
      const auto got = co_await s.caller.try_call<stranger>(1U);
      CHECK(got.error() == condition::misuse);
    }
  });
  CHECK_THROWS_AS(serve_channel(s.backend, test_channel(),
                                {.handlers = {handle<stranger>([](stranger) -> task<void> { co_return; })}}),
                  error);
  CHECK_THROWS_AS(
      serve_channel(s.backend, test_channel(), {.handlers = {handle<greet>(hello), handle<greet>(hello)}}),
      error);
  s.end();
}

TEST_CASE("answers come in any order", "[channel][calls]") {
  call_scene s;
  s.open();
  std::vector<std::uint32_t> order;
  for (const std::uint32_t ms : {300, 100, 200})
    s.start([&s, &order, ms]() -> task<void> { order.push_back(co_await s.caller.call<wait_for>(ms)); });
  s.run();
  CHECK(order == std::vector<std::uint32_t>{100, 200, 300});
  s.end();
}

TEST_CASE("more calls than there are ids wait for one", "[channel][calls]") {
  call_scene s;
  s.open();
  std::size_t ended = 0;
  for (int i = 0; i < 1500; ++i)
    s.start([&]() -> task<void> {
      co_await s.caller.call<wait_for>(10U);
      ++ended;
    });
  s.settle();
  CHECK(s.log.size() == 1023);
  s.run();
  CHECK(ended == 1500);
  s.end();
}

TEST_CASE("a deadline ends the call and its handler", "[channel][calls]") {
  call_scene s;
  s.open();
  s.run([&]() -> task<void> {
    check_end(co_await s.caller.try_call<wait_for>(60'000U, within(2s)), call_outcome::unknown,
              errc::timed_out);
    {
      const auto got = co_await s.caller.call<greet>("Ada");
      CHECK(got == "hello Ada");
    }
  });
  s.settle();
  CHECK(s.log == std::vector<std::string>{"begin 60000", "cancelled 60000"});
  s.run([&]() -> task<void> {
    check_end(co_await s.caller.try_call<wait_for>(60'000U), call_outcome::unknown, errc::timed_out);
  });
  s.end();
}

TEST_CASE("cancelling a call reaches its handler", "[channel][calls]") {
  call_scene s;
  s.open();
  SECTION("by a stop token") {
    std::stop_source source;
    s.start([&]() -> task<void> {
      check_end(co_await s.caller.try_call<wait_for>(1'000U, stop_on(source.get_token())),
                call_outcome::unknown, errc::cancelled);
    });
    s.settle();
    source.request_stop();
    s.run();
  }
  SECTION("by a cancellation signal") {
    asio::cancellation_signal signal;
    bool ended = false;
    const script play = [&]() -> task<void> {
      check_end(co_await s.caller.try_call<wait_for>(1'000U), call_outcome::unknown, errc::cancelled);
      ended = true;
    };
    asio::co_spawn(s.io, play(), asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr) {}));
    s.settle();
    signal.emit(asio::cancellation_type::terminal);
    s.settle();
    CHECK(ended);
  }
  s.settle();
  CHECK(s.log == std::vector<std::string>{"begin 1000", "cancelled 1000"});
  s.end();
}

TEST_CASE("a call without a connection waits for one, and is not sent when none comes", "[channel][calls]") {
  call_scene s;
  s.reachable = false;
  s.open();
  s.run([&]() -> task<void> {
    check_end(co_await s.caller.try_call<greet>("Ada", within(3s)), call_outcome::not_sent, errc::timed_out);
  });
  CHECK(s.attempts > 2);
  CHECK(s.states.back().state == connection_state::waiting);
  s.start([&]() -> task<void> {
    {
      const auto got = co_await s.caller.call<greet>("Ada");
      CHECK(got == "hello Ada");
    }
  });
  s.settle();
  s.reachable = true;
  s.run();
  s.end();
}

TEST_CASE("a lost connection leaves calls unknown, and asks idempotent ones again", "[channel][calls]") {
  call_scene s;
  s.open();
  s.start([&]() -> task<void> {
    const auto end = co_await s.caller.try_call<wait_for>(500U);
    CHECK(end.outcome() == call_outcome::unknown);
    CHECK(end.error() == errc::truncated);
  });
  s.start([&]() -> task<void> {
    {
      const auto got = co_await s.caller.call<wait_for>(400U, coseal::idempotent());
      CHECK(got == 400);
    }
  });
  s.settle();
  s.cut();
  s.run();
  CHECK(std::ranges::count(s.log, "begin 500") == 1);
  CHECK(std::ranges::count(s.log, "cancelled 500") == 1);
  CHECK(std::ranges::count(s.log, "begin 400") == 2);
  CHECK(s.states.back().state == connection_state::connected);
  s.end();
}

TEST_CASE("a refused client says so at once, and tries again when asked later", "[channel][calls]") {
  call_scene s(security_level::none);
  s.serving.minimum_level = security_level::encrypted;
  s.open();
  s.run([&]() -> task<void> {
    check_end(co_await s.caller.try_call<greet>("Ada"), call_outcome::not_sent, errc::level_refused);
  });
  CHECK(s.log.empty());
  const auto before = s.attempts;
  s.pass(10min);
  CHECK(s.attempts == before);
  s.run([&]() -> task<void> {
    check_end(co_await s.caller.try_call<greet>("Ada"), call_outcome::not_sent, errc::level_refused);
  });
  CHECK(s.attempts == before + 1);
  s.end();
}

TEST_CASE("a draining server finishes what runs and takes nothing new", "[channel][calls]") {
  call_scene s;
  s.open();
  bool drained = false;
  s.start([&]() -> task<void> {
    {
      const auto got = co_await s.caller.call<wait_for>(1'000U);
      CHECK(got == 1'000);
    }
  });
  s.settle();
  s.start([&]() -> task<void> {
    co_await s.served.drain();
    drained = true;
  });
  s.settle();
  s.start([&]() -> task<void> {
    check_end(co_await s.caller.try_call<greet>("Ada", within(5s)), call_outcome::not_sent, errc::timed_out);
  });
  s.start([&]() -> task<void> { co_await s.served.run(); });
  s.settle();
  CHECK_FALSE(drained);
  s.run();
  CHECK(drained);
  CHECK(s.served.size() == 0);
  s.end();
}

TEST_CASE("closing either side ends what is outstanding", "[channel][calls]") {
  call_scene s;
  s.open();
  const bool by_server = GENERATE(false, true);
  s.start([&]() -> task<void> {
    const auto end = co_await s.caller.try_call<wait_for>(1'000U);
    CHECK(end.outcome() == call_outcome::unknown);
    CHECK(end.error() == (by_server ? errc::peer_closed : errc::closed));
  });
  s.settle();
  s.run([&]() -> task<void> {
    if (by_server)
      co_await s.served.close();
    else
      co_await s.caller.close();
  });
  CHECK(s.log.back() == "cancelled 1000");
  if (!by_server)
    s.run([&]() -> task<void> {
      check_end(co_await s.caller.try_call<greet>("Ada"), call_outcome::not_sent, errc::closed);
    });
  s.end();
}

}  // namespace coseal::test
