#include "channel/scene.hpp"

namespace coseal::test {
namespace {

/// A client that writes down what is pushed to it, and takes no more while it is held.
struct reader_of_news {
  std::vector<std::uint32_t> numbers;
  bool held = false;
  client connection;

  handler taking(scene& s) {
    return handle<news>([this, &s](news in, context& where) -> task<void> {
      CHECK(where.action() == "events/news");
      while (held) co_await s.pause(1ms);
      numbers.push_back(in.number);
    });
  }
};

void join(scene& s, reader_of_news& reader) {
  client_options options;
  options.handlers = {reader.taking(s)};
  reader.connection = s.another(std::move(options));
  s.run([&]() -> task<void> { co_await reader.connection.ready(); });
  s.settle();
}

std::vector<std::uint32_t> counting(std::uint32_t from, std::uint32_t to) {
  std::vector<std::uint32_t> all;
  for (std::uint32_t i = from; i <= to; ++i) all.push_back(i);
  return all;
}

bool adds_up(const push_counters& c) {
  return c.pushed == c.sent + c.dropped + c.lost + c.waiting;
}

}  // namespace

TEST_CASE("pushes reach one client or all, in order", "[channel][pushes]") {
  scene s(GENERATE(from_range(every_level)));
  s.open();
  reader_of_news first, second;
  join(s, first);
  join(s, second);
  s.run([&]() -> task<void> {
    for (std::uint32_t i = 1; i <= 5'000; ++i) co_await s.served.broadcast<news>(i, "to all");
    const auto ids = s.served.clients();
    REQUIRE(ids.size() == 3);
    const news named{5'001, "to one"};
    const auto report = co_await s.served.push_to(ids.back(), named);
    CHECK(report.clients == 1);
    std::error_code why;
    try {
      co_await s.served.push_to<news>(client_id{99}, 1U, "nobody");
    } catch (const error& e) {
      why = e.code();
    }
    CHECK(why == call_errc::no_such_client);
  });
  s.settle();
  CHECK(first.numbers == counting(1, 5'000));
  CHECK(second.numbers == counting(1, 5'001));
  CHECK(s.caller.unhandled_pushes() == 5'000);
  CHECK(s.served.counters().sent == 15'001);
  first.connection = second.connection = client();
  s.end();
}

TEST_CASE("a client that does not keep up costs what the policy says, to the message", "[channel][pushes]") {
  const auto policy = GENERATE(push_policy::drop_oldest, push_policy::drop_newest, push_policy::close);
  scene s;
  s.serving.pushes.policy = policy;
  s.serving.pushes.queue = 10;
  s.open();
  reader_of_news fast, slow;
  join(s, fast);
  join(s, slow);
  const auto slow_id = s.served.clients().back();
  slow.held = true;
  const std::string text(10'000, 'x');
  constexpr std::uint32_t all = 200;
  s.start([&]() -> task<void> {
    for (std::uint32_t i = 1; i <= all; ++i) {
      co_await s.served.broadcast<news>(i, text);
      co_await s.pause(10ms);
    }
  });
  s.run();
  CHECK(fast.numbers == counting(1, all));
  const auto counted = s.served.counters(slow_id);
  CHECK(adds_up(s.served.counters()));
  if (policy == push_policy::close) {
    CHECK_FALSE(counted);
    CHECK(s.served.counters().lost > 0);
  } else {
    REQUIRE(counted);
    CHECK(adds_up(*counted));
    CHECK(counted->pushed == all);
    CHECK(counted->waiting == 10);
    CHECK(counted->dropped == all - counted->sent - 10);
    const auto sent = static_cast<std::uint32_t>(counted->sent);
    CHECK(sent * 10'000 < 256 * 1024 + 20'000);
    slow.held = false;
    s.pass(1s);
    auto expected = counting(1, sent);
    const auto rest =
        policy == push_policy::drop_oldest ? counting(all - 9, all) : counting(sent + 1, sent + 10);
    expected.insert(expected.end(), rest.begin(), rest.end());
    CHECK(slow.numbers == expected);
    CHECK(s.served.counters(slow_id)->waiting == 0);
  }
  slow.held = false;
  fast.connection = slow.connection = client();
  s.end();
}

TEST_CASE("whoever pushes waits for a slow client where the policy says wait", "[channel][pushes]") {
  scene s;
  s.serving.pushes.queue = 4;
  s.open();
  reader_of_news slow;
  join(s, slow);
  slow.held = true;
  const std::string text(10'000, 'x');
  std::uint32_t pushed = 0;
  s.start([&]() -> task<void> {
    for (std::uint32_t i = 1; i <= 100; ++i) {
      co_await s.served.broadcast<news>(i, text);
      pushed = i;
    }
  });
  s.pass(5s);
  CHECK(pushed < 40);
  slow.held = false;
  s.run();
  s.pass(1s);
  CHECK(slow.numbers == counting(1, 100));
  CHECK(s.served.counters().dropped == 0);
  SECTION("but not beyond its own deadline") {
    slow.held = true;
    s.run([&]() -> task<void> {
      std::error_code why;
      try {
        for (std::uint32_t i = 1; i <= 100; ++i) co_await s.served.broadcast<news>(i, text, within(1s));
      } catch (const error& e) {
        why = e.code();
      }
      CHECK(why == errc::timed_out);
    });
    slow.held = false;
  }
  slow.connection = client();
  s.end();
}

TEST_CASE("a carrier may ask its server questions while pushes are written", "[channel][pushes]") {
  scene s(security_level::encrypted);
  std::size_t asked = 0;
  s.listening.on_write = [&](std::span<const asio::const_buffer>) {
    asked += s.served.counters().pushed == 0 ? 0U : 1U;
  };
  s.serving.pushes.queue = 1000;
  s.serving.limits.send_queue = 32 * 1024;
  s.open();
  reader_of_news reader;
  join(s, reader);
  s.run([&]() -> task<void> {
    const news large{1, std::string(7000, 'x')};
    for (int i = 0; i < 200; ++i) co_await s.served.broadcast(large);
  });
  s.settle();
  CHECK(asked > 0);
  CHECK(reader.numbers.size() == 200);
  s.listening.on_write = nullptr;
  reader.connection = client();
  s.end();
}

TEST_CASE("nothing is pushed from a position where nothing stands", "[channel][pushes]") {
  scene s;
  s.open();
  s.run([&]() -> task<void> {
    const std::vector<std::byte> body(8);
    for (const std::uint64_t position : {std::uint64_t{1}, std::uint64_t{65'536}}) {
      const push_target everybody = all_clients();
      const auto pushed =
          co_await s.served.push_bytes(everybody, position, payload(body), operation_options());
      CHECK(pushed.error() == call_errc::not_in_channel);
    }
  });
  s.end();
}

TEST_CASE("handlers push to their own caller and to everybody", "[channel][pushes]") {
  scene s;
  s.on<greet>([](greet in, context& where) -> task<std::string> {
    co_await where.audience().push_to<news>(where.client(), 1U, in.name);
    co_await where.audience().broadcast<news>(2U, in.name);
    co_return "done";
  });
  s.open();
  reader_of_news one;
  join(s, one);
  s.run([&]() -> task<void> {
    {
      const auto got = co_await one.connection.call<greet>("Ada");
      CHECK(got == "done");
    }
  });
  s.settle();
  CHECK(one.numbers == std::vector<std::uint32_t>{1, 2});
  CHECK(s.caller.unhandled_pushes() == 1);
  one.connection = client();
  s.end();
}

TEST_CASE("a push handler that fails or demands a stronger level is reported and skipped",
          "[channel][pushes]") {
  scene s(security_level::none);
  s.open();
  std::vector<std::string> failures;
  std::vector<std::uint32_t> seen;
  client_options options;
  options.handlers = {handle<news>([&](news in) -> task<void> {
    if (in.number == 2) throw std::runtime_error("two");
    seen.push_back(in.number);
    co_return;
  })};
  options.on_failure = [&](std::string_view action, const std::exception_ptr&) {
    failures.emplace_back(action);
  };
  client other = s.another(std::move(options));
  s.run([&]() -> task<void> {
    co_await other.ready();
    co_await s.caller.ready();
  });
  s.run([&]() -> task<void> {
    for (std::uint32_t i = 1; i <= 3; ++i) co_await s.served.broadcast<news>(i, "x");
  });
  s.settle();
  CHECK(seen == std::vector<std::uint32_t>{1, 3});
  CHECK(failures == std::vector<std::string>{"events/news"});
  other = client();
  s.end();
}

}  // namespace coseal::test
