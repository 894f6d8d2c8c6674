#include "channel/scene.hpp"

namespace coseal::test {
namespace {

std::uint32_t number_in(const std::vector<std::byte>& item) {
  std::uint32_t number = 0;
  for (int i = 0; i < 4; ++i)
    number = number << 8 | std::to_integer<std::uint32_t>(item.at(static_cast<std::size_t>(i)));
  return number;
}

std::vector<std::byte> numbered(std::uint32_t number, std::size_t size) {
  std::vector<std::byte> item(std::max<std::size_t>(size, 4));
  for (std::size_t i = 0; i < 4; ++i) item[i] = static_cast<std::byte>(number >> 8 * (3 - i));
  return item;
}

struct stream_scene : scene {
  std::uint32_t counted = 0;  ///< items that the handler of count_to has sent
  bool stopped = false;
  std::uint32_t added = 0;  ///< items that the handler of add_up has taken

  explicit stream_scene(security_level l = security_level::authenticated) : scene(l) {
    on<greet>([](greet in, context&) -> task<std::string> { co_return "hello " + in.name; });
    on<count_to>([this](count_to in, sink<std::vector<std::byte>>& out, context&) -> task<void> {
      if (in.last > 1'000'000) throw too_long{1'000'000};
      try {
        for (std::uint32_t i = 1; i <= in.last; ++i) {
          const auto item = numbered(i, in.size);
          co_await out.send(item);
          ++counted;
          if (i == 17'777) throw too_long{17'777};
        }
      } catch (const std::system_error&) {
        stopped = true;
        throw;
      }
    });
    on<add_up>([this](add_up in, stream<std::uint32_t>& items, context&) -> task<std::uint64_t> {
      std::uint64_t sum = in.start;
      while (const auto next = co_await items.next()) {
        sum += *next;
        ++added;
        if (*next == 13) throw std::runtime_error("unlucky");
      }
      co_return sum;
    });
    on<echo_items>([](echo_items, stream<std::string>& items, sink<std::string>& out) -> task<void> {
      while (const auto next = co_await items.next()) {
        const std::string doubled = *next + *next;
        co_await out.send(doubled);
      }
    });
  }
};

}  // namespace

TEST_CASE("a streamed answer comes item by item, in order", "[channel][streams]") {
  stream_scene s(GENERATE(from_range(every_level)));
  s.open();
  const std::uint32_t size = GENERATE(4U, 5'000U, 300'000U);
  const std::uint32_t last = size == 4 ? 15'000 : 40;
  s.run([&]() -> task<void> {
    auto items = co_await s.caller.call<count_to>(last, size);
    std::uint32_t seen = 0;
    while (const auto item = co_await items.next()) {
      REQUIRE(item->size() == size);
      REQUIRE(number_in(*item) == ++seen);
    }
    CHECK(seen == last);
    auto none = co_await s.caller.call<count_to>(0U, 4U);
    {
      const auto got = co_await none.next();
      CHECK_FALSE(got.has_value());
    }
  });
  s.end();
}

TEST_CASE("a stream that nobody reads stops its sender and holds up no call", "[channel][streams]") {
  stream_scene s;
  s.open();
  s.run([&]() -> task<void> {
    auto items = co_await s.caller.call<count_to>(1'000U, 10'000U);
    co_await s.pause(10ms);
    CHECK(s.counted * 10'000 <= 256 * 1024 + 10'000);
    for (int i = 0; i < 50; ++i) {
      const auto got = co_await s.caller.call<greet>("Ada");
      CHECK(got == "hello Ada");
    }
    std::uint32_t seen = 0;
    while (const auto item = co_await items.next()) {
      ++seen;
      if (seen % 100 == 0) {
        const auto got = co_await s.caller.call<greet>("Ada");
        CHECK(got == "hello Ada");
      }
    }
    CHECK(seen == 1'000);
  });
  s.end();
}

TEST_CASE("dropping a stream ends its handler", "[channel][streams]") {
  stream_scene s;
  s.open();
  s.run([&]() -> task<void> {
    {
      auto items = co_await s.caller.call<count_to>(1'000U, 10'000U);
      {
        const auto got = co_await items.next();
        CHECK(got.has_value());
      }
    }
    {
      const auto got = co_await s.caller.call<greet>("Ada");
      CHECK(got == "hello Ada");
    }
  });
  s.settle();
  CHECK(s.stopped);
  s.end();
}

TEST_CASE("a stream outlives the deadline of its call, and its errors come in their place",
          "[channel][streams]") {
  stream_scene s;
  s.open();
  s.run([&]() -> task<void> {
    const auto refused = co_await s.caller.try_call<count_to>(2'000'000U, 4U);
    CHECK(refused.outcome() == call_outcome::declared_error);
    CHECK(refused.declared<too_long>() != nullptr);
    auto items = co_await s.caller.call<count_to>(30'000U, 4U, within(1s));
    co_await s.pause(1h);
    std::uint32_t seen = 0, most = 0;
    try {
      while (co_await items.next()) ++seen;
    } catch (const too_long& e) {
      most = e.most;
    }
    CHECK(seen == 17'777);
    CHECK(most == 17'777);
  });
  s.end();
}

TEST_CASE("a lost connection ends a stream with an error, not with its end", "[channel][streams]") {
  stream_scene s;
  s.open();
  s.run([&]() -> task<void> {
    auto items = co_await s.caller.call<count_to>(1'000U, 10'000U);
    {
      const auto got = co_await items.next();
      CHECK(got.has_value());
    }
    s.cut();
    std::error_code why;
    for (;;) {
      const auto item = co_await items.next(as_result);
      if (item && !*item) break;
      if (item) continue;
      why = item.error();
      break;
    }
    CHECK(why == errc::truncated);
  });
  CHECK(s.stopped);
  s.end();
}

TEST_CASE("an action takes a stream of its caller", "[channel][streams]") {
  stream_scene s;
  s.open();
  s.run([&]() -> task<void> {
    auto numbers = co_await s.caller.open<add_up>(5U);
    for (std::uint32_t i = 100; i < 20'100; ++i) co_await numbers.send(i);
    {
      const auto got = co_await numbers.finish();
      CHECK(got == 5 + 20'000ULL * (100 + 20'099) / 2);
    }
    CHECK(s.added == 20'000);

    auto unlucky = co_await s.caller.open<add_up>(0U);
    co_await unlucky.send(13U);
    std::error_code why;
    try {
      for (std::uint32_t i = 0; i < 100'000; ++i) co_await unlucky.send(14U);
      co_await unlucky.finish();
    } catch (const call_error& e) {
      why = e.code();
    }
    CHECK(why == call_errc::handler_failed);
  });
  s.end();
}

TEST_CASE("streams go both ways at once", "[channel][streams]") {
  stream_scene s;
  s.open();
  s.run([&]() -> task<void> {
    auto words = co_await s.caller.open<echo_items>();
    for (const std::string word : {"ab", "", "xyz"}) co_await words.send(word);
    auto echoes = co_await words.finish();
    std::vector<std::string> got;
    while (auto next = co_await echoes.next()) got.push_back(*std::move(next));
    CHECK(got == std::vector<std::string>{"abab", "", "xyzxyz"});
  });
  s.end();
}

TEST_CASE("a connection takes no more uploads at once than its server allows", "[channel][streams]") {
  stream_scene s;
  s.serving.uploads = 2;
  s.open();
  s.run([&]() -> task<void> {
    auto first = co_await s.caller.open<add_up>(1U);
    auto second = co_await s.caller.open<add_up>(2U);
    auto third = co_await s.caller.open<add_up>(3U);
    std::error_code why;
    try {
      co_await third.finish();
    } catch (const call_error& e) {
      CHECK(e.outcome() == call_outcome::not_sent);
      why = e.code();
    }
    CHECK(why == call_errc::busy);
    {
      const auto got = co_await first.finish();
      CHECK(got == 1);
    }
    auto fourth = co_await s.caller.open<add_up>(4U);
    {
      const auto got = co_await fourth.finish();
      CHECK(got == 4);
    }
    {
      const auto got = co_await second.finish();
      CHECK(got == 2);
    }
  });
  s.end();
}

}  // namespace coseal::test
