#include "channel/scene.hpp"

#include <asio/async_result.hpp>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

#include <atomic>

namespace coseal::test {
namespace {

struct visits {
  int count = 0;
};

}  // namespace

TEST_CASE("a hook that throws takes its connection along, and nobody waits for it", "[channel][context]") {
  scene s;
  bool gone = false;
  s.serving.on_connected = [](coseal::peer&) { throw std::runtime_error("as asked"); };
  s.serving.on_disconnected = [&](coseal::peer&, std::error_code) { gone = true; };
  s.open();
  CHECK_THROWS_WITH(s.settle(), "as asked");
  CHECK(s.served.clients().empty());
  s.reachable = false;
  bool closed = false;
  s.start([&]() -> task<void> {
    co_await s.served.close();
    closed = true;
  });
  s.settle();
  CHECK(closed);
  CHECK_FALSE(gone);
  s.end();
}

TEST_CASE("a handler knows its caller as far as it is proved", "[channel][context]") {
  scene s(GENERATE(from_range(every_level)));
  bool seen = false;
  std::optional<public_key> own;
  s.run([&]() -> task<void> {
    endpoint self = s.frontend.self();
    own = (co_await self.load()).value();
  });
  s.on<greet>([&](greet, context& where) -> task<std::string> {
    seen = true;
    CHECK(where.level() == s.level);
    CHECK(where.claimed_coordinate() == coordinate("frontend", "one"));
    CHECK(where.caller().has_value() == (s.level != security_level::none));
    CHECK(where.key().has_value() == (s.level != security_level::none));
    if (where.key()) CHECK(where.key() == own);
    CHECK(where.peer().carrier() == "memory");
    CHECK(where.action() == "words/greet");
    REQUIRE(where.deadline());
    CHECK(*where.deadline() <= s.time->now() + 7s);
    CHECK(*where.deadline() > s.time->now() + 5s);
    CHECK_FALSE(where.cancelled());
    co_return std::to_string(++where.state<visits>().count);
  });
  s.open();
  s.run([&]() -> task<void> {
    {
      const auto got = co_await s.caller.call<greet>("Ada", within(7s));
      CHECK(got == "1");
    }
    {
      const auto got = co_await s.caller.call<greet>("Ada", within(7s));
      CHECK(got == "2");
    }
    REQUIRE(s.caller.peer());
    CHECK(s.caller.peer()->claimed_coordinate().environment() == "backend");
  });
  s.cut();
  s.run([&]() -> task<void> {
    {
      const auto got = co_await s.caller.call<greet>("Ada", within(7s));
      CHECK(got == "1");
    }
  });
  CHECK(seen);
  s.end();
}

TEST_CASE("a handler that demands a level is not run below it", "[channel][context]") {
  scene s(GENERATE(from_range(every_level)));
  int runs = 0;
  s.serving.handlers.push_back(handle<greet>([&](greet) -> task<std::string> {
                                 ++runs;
                                 co_return "secret";
                               }).requires_level(security_level::encrypted));
  s.open();
  s.run([&]() -> task<void> {
    const auto end = co_await s.caller.try_call<greet>("Ada");
    CHECK(end.outcome() ==
          (s.level == security_level::encrypted ? call_outcome::replied : call_outcome::unexpected_error));
    if (!end) CHECK(end.error() == call_errc::level_too_low);
  });
  CHECK(runs == (s.level == security_level::encrypted ? 1 : 0));
  s.end();
}

TEST_CASE("middleware runs around handlers, from the outside in, and may refuse", "[channel][context]") {
  scene s;
  std::vector<std::string> log;
  const auto layer = [&](std::string name) {
    return [&log, name](context& where, next_handler next) -> task<void> {
      log.push_back(name + " before " + std::string(where.action()));
      try {
        co_await next();
      } catch (const std::exception&) {
        log.push_back(name + " failed");
        throw;
      }
      log.push_back(name + " after");
    };
  };
  s.backend.use(layer("outer"));
  s.serving.around = {layer("inner"), [](context& where, next_handler next) -> task<void> {
                        if (where.action() == "words/translate") throw call_refused("not for you");
                        co_await next();
                      }};
  s.on<greet>([&](greet) -> task<std::string> {
    log.emplace_back("handler");
    co_return "hello";
  });
  s.on<translate>([&](translate) -> task<std::string> {
    log.emplace_back("never");
    co_return "";
  });
  s.open();
  s.run([&]() -> task<void> {
    {
      const auto got = co_await s.caller.call<greet>("Ada");
      CHECK(got == "hello");
    }
    const auto end = co_await s.caller.try_call<translate>("haus");
    CHECK(end.outcome() == call_outcome::unexpected_error);
    CHECK(end.error() == call_errc::refused);
    CHECK(end.text() == "not for you");
  });
  CHECK(log == std::vector<std::string>{"outer before words/greet", "inner before words/greet", "handler",
                                        "inner after", "outer after", "outer before words/translate",
                                        "inner before words/translate", "inner failed", "outer failed"});
  s.end();
}

TEST_CASE("middleware of a client runs around its calls and may end them itself", "[channel][context]") {
  scene s;
  std::vector<std::string> log;
  s.connecting.around = {[&](std::string_view action, next_call next) -> task<call_end> {
                           log.emplace_back(action);
                           auto end = co_await next();
                           log.emplace_back(to_string(end.outcome()));
                           co_return end;
                         },
                         [](std::string_view action, next_call next) -> task<call_end> {
                           if (action == "words/translate")
                             co_return call_end(call_outcome::not_sent, call_errc::refused, "not now");
                           co_return co_await next();
                         }};
  s.on<greet>([](greet) -> task<std::string> { co_return "hello"; });
  s.on<count_to>([](count_to, sink<std::vector<std::byte>>&) -> task<void> { co_return; });
  s.open();
  s.run([&]() -> task<void> {
    co_await s.caller.call<greet>("Ada");
    const auto end = co_await s.caller.try_call<translate>("haus");
    CHECK(end.outcome() == call_outcome::not_sent);
    CHECK(end.error() == call_errc::refused);
    CHECK(end.text() == "not now");
    auto none = co_await s.caller.call<count_to>(0U, 0U);
    const auto item = co_await none.next();
    CHECK_FALSE(item.has_value());
  });
  CHECK(log == std::vector<std::string>{"words/greet", "replied", "words/translate", "not sent",
                                        "data/count_to", "replied"});
  s.end();
}

TEST_CASE("the runtime's handlers serve every channel that has their action", "[channel][context]") {
  scene s;
  s.backend.handle(handle<greet>([](greet in) -> task<std::string> { co_return "hello " + in.name; }));
  s.backend.handle(handle<stranger>([](stranger) -> task<void> { co_return; }));
  s.open();
  s.run([&]() -> task<void> {
    {
      const auto got = co_await s.caller.call<greet>("Ada");
      CHECK(got == "hello Ada");
    }
  });
  s.end();
}

TEST_CASE("connections come and go with their peers", "[channel][context]") {
  scene s;
  std::vector<std::string> log;
  s.serving.on_connected = [&](peer& who) { log.push_back("+" + who.claimed_coordinate().to_string()); };
  s.serving.on_disconnected = [&](peer& who, std::error_code why) {
    CHECK(why);
    log.push_back("-" + who.claimed_coordinate().to_string());
  };
  s.open();
  s.run([&]() -> task<void> { co_await s.caller.ready(); });
  s.settle();
  CHECK(s.served.size() == 1);
  s.run([&]() -> task<void> { co_await s.caller.close(); });
  s.pass(10s);
  CHECK(log == std::vector<std::string>{"+frontend/one", "-frontend/one"});
  CHECK(s.served.size() == 0);
  s.end();
}

TEST_CASE("calls from many threads over sockets all come back", "[channel][threads]") {
  constexpr int callers = 8, calls = 200;
  asio::thread_pool pool(4), elsewhere(1);
  std::atomic<int> served = 0, strayed = 0;
  {
    runtime backend(pool.get_executor(), coordinate("backend"), memory_storage());
    runtime frontend(pool.get_executor(), coordinate("frontend"), memory_storage());
    server open = serve_channel(
        backend, test_channel(),
        {.carriers = {listen_tcp("127.0.0.1:0")},
         .handlers = {handle<greet>([&](greet in, context& where) -> task<std::string> {
                        ++served;
                        if (elsewhere.get_executor().running_in_this_thread()) ++strayed;
                        ++where.state<visits>().count;  // no lock: one handler of a connection at a time
                        co_return in.name;
                      }),
                      handle<wait_for>([&](wait_for in) -> task<std::uint32_t> {
                        // As wrappers of other libraries do: it comes to its end on a thread of theirs.
                        const auto initiate = [&](auto handler) {
                          asio::post(elsewhere,
                                     [handler = std::move(handler)]() mutable { std::move(handler)(); });
                        };
                        auto there = asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
                            initiate, asio::use_awaitable);
                        co_await std::move(there);
                        co_return in.ms;
                      }),
                      handle<count_to>([](count_to in, sink<std::vector<std::byte>>& out) -> task<void> {
                        const std::vector<std::byte> item(in.size);
                        for (std::uint32_t i = 0; i < in.last; ++i) co_await out.send(item);
                      })}});
    client caller = connect_channel(
        frontend, test_channel(),
        {.peer = coordinate("backend"), .transports = {transport_from(open.addresses().front()).value()}});
    const std::function<task<void>(int)> call = [&](int who) -> task<void> {
      for (int i = 0; i < calls; ++i) {
        const std::string name = std::to_string(who) + "/" + std::to_string(i);
        if (co_await caller.call<greet>(name) != name) throw std::runtime_error("another's answer");
        if (co_await caller.call<wait_for>(7U) != 7U) throw std::runtime_error("another's number");
        if (i % 50 != 0) continue;
        auto items = co_await caller.call<count_to>(20U, 30'000U);
        while (co_await items.next()) {
        }
      }
    };
    std::vector<std::future<void>> ends;
    for (int i = 0; i < callers; ++i) ends.push_back(asio::co_spawn(pool, call(i), asio::use_future));
    for (auto& each : ends) each.get();
    asio::co_spawn(pool, caller.close(), asio::use_future).get();
    asio::co_spawn(pool, open.close(), asio::use_future).get();
  }
  pool.join();
  elsewhere.join();
  CHECK(served == callers * calls);
  CHECK(strayed == 0);
}

}  // namespace coseal::test
