// Sessions, handles, coroutines and contexts that go in every order. Most of this is for the sanitizers.

#include "session/stage.hpp"
#include "support/memory_listening.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/error.hpp>

#include <thread>

namespace coseal::test {
namespace {

/// Coroutines that wait in every way that there is; each notes how it ended.
void wait_in_every_way(encounter& e, std::vector<std::error_code>& ends) {
  const auto note = [&ends](std::error_code error) { ends.push_back(error); };
  e.start([&, note]() -> task<void> {
    const auto got = co_await e.connector.receive(as_result);
    note(got.error());
  });
  e.start([&, note]() -> task<void> {
    const auto frame = pattern(300'000);
    for (;;) {
      const auto sent = co_await e.connector.send(as_result, frame);
      if (sent) continue;
      note(sent.error());
      break;
    }
  });
  e.start([&, note]() -> task<void> {
    const auto frame = pattern(60'000);
    for (;;) {
      const auto sent = co_await e.connector.send(as_result, frame, within(1h));
      if (sent) continue;
      note(sent.error());
      break;
    }
  });
  e.settle();
  e.start([&, note]() -> task<void> {
    const auto time = co_await e.connector.ping(as_result);
    note(time.error());
  });
  e.settle();
  e.start([&, note]() -> task<void> {
    const auto drained = co_await e.connector.drain(as_result);
    note(drained.error());
  });
  e.settle();
  REQUIRE(ends.empty());
}

}  // namespace

TEST_CASE("a session destroyed under waiting operations ends them", "[session][teardown]") {
  encounter e(GENERATE(from_range(every_level)));
  e.forth.capacity = 1000;
  e.meet();
  std::vector<std::error_code> ends;
  wait_in_every_way(e, ends);
  e.connector = session();
  e.run();
  CHECK(ends.size() == 5);
  for (const auto& error : ends) CHECK(error == errc::cancelled);
}

TEST_CASE("a session destroyed from another thread ends what waits on it", "[session][teardown]") {
  encounter e(GENERATE(from_range(every_level)));
  e.forth.capacity = 1000;
  e.meet();
  std::vector<std::error_code> ends;
  wait_in_every_way(e, ends);
  std::thread([&] { e.connector = session(); }).join();
  e.run();
  CHECK(ends.size() == 5);
  for (const auto& error : ends) CHECK(error == errc::cancelled);
}

TEST_CASE("a context destroyed under waiting operations destroys them", "[session][teardown]") {
  const auto level = GENERATE(from_range(every_level));
  const bool handles_first = GENERATE(false, true);
  auto e = std::make_unique<encounter>(level);
  e->forth.capacity = 1000;
  e->meet();
  std::vector<std::error_code> ends;
  wait_in_every_way(*e, ends);
  if (handles_first) {
    e.reset();
  } else {
    // The handles outlive the context, as a member declared too early would.
    session a = std::move(e->connector), b = std::move(e->acceptor);
    e.reset();
  }
  CHECK(ends.size() <= 5);
}

TEST_CASE("a context destroyed in the middle of a handshake takes it along", "[session][teardown]") {
  const auto level = GENERATE(from_range(every_level));
  for (int turns = 0; turns < 60; ++turns) {
    encounter e(level);
    e.begin();
    for (int i = 0; i < turns; ++i) e.io.poll_one();
  }
  SUCCEED();
}

TEST_CASE("a context destroyed under a listener takes its waits and handshakes along",
          "[session][teardown]") {
  {
    encounter e;
    std::optional<listener> kept;
    memory_listening place(e.io);
    e.accepting.time(e.time);
    kept.emplace(e.io.get_executor(), e.acceptor_side(), place.address(), e.accepting);
    e.start([&]() -> task<void> {
      const auto got = co_await kept->accept(as_result);
      CHECK(got);
    });
    const auto stranger = place.connect();
    e.begin_connector(place.connect());
    e.settle();
    e.start([&]() -> task<void> { (void)co_await kept->accept(as_result); });
    e.settle();
  }
}

TEST_CASE("a session destroyed in the middle of its life says so at the other end", "[session][teardown]") {
  const auto level = GENERATE(from_range(every_level));
  for (int turns = 0; turns < 60; ++turns) {
    CAPTURE(turns, level);
    encounter e(level);
    e.forth.largest_write = e.back.largest_write = 3000;
    e.meet();
    const auto frame = pattern(40'000);
    e.start([&]() -> task<void> {
      while (e.connector) {
        const auto sent = co_await e.connector.send(as_result, frame);
        if (!sent) break;
      }
    });
    std::error_code end;
    e.start([&]() -> task<void> {
      for (;;) {
        const auto got = co_await e.acceptor.receive(as_result);
        if (got) {
          REQUIRE(same(got->bytes(), frame));
          continue;
        }
        end = got.error();
        break;
      }
    });
    for (int i = 0; i < turns; ++i) e.io.poll_one();
    e.connector = session();
    e.run();
    CHECK((end == errc::truncated || end == condition::transport));
  }
}

TEST_CASE("a session owned by the coroutine that waits on it goes with it", "[session][teardown]") {
  encounter e(GENERATE(from_range(every_level)));
  e.meet();
  const auto shared = std::make_shared<session>(std::move(e.acceptor));
  e.start([shared]() -> task<void> {
    const auto got = co_await shared->receive(as_result);
    CHECK(got.error() == errc::truncated);
  });
  e.settle();
  e.connector = session();
  e.run();
}

TEST_CASE("the last word of a session that ends badly is not lost when its handle goes",
          "[session][teardown]") {
  encounter e(GENERATE(security_level::authenticated, security_level::encrypted));
  const auto back = std::make_shared<bytes>();
  {
    encounter other(e.level);
    other.acceptor_tap.written = back;
    other.meet();
  }
  e.acceptor_tap.flip_at = back->size() + 20;
  e.meet();
  const auto frame = pattern(100);
  e.start([&]() -> task<void> {
    const auto got = co_await e.connector.receive(as_result);
    CHECK(got.error() == errc::bad_record_tag);
    e.connector = session();
  });
  e.run([&]() -> task<void> {
    co_await e.acceptor.send(frame);
    const auto got = co_await e.acceptor.receive(as_result);
    CHECK(got.error() == errc::peer_failed);
  });
}

TEST_CASE("a session moved into another handle leaves the one that was there aborted",
          "[session][teardown]") {
  encounter e, f;
  e.meet();
  f.meet();
  session kept = std::move(e.connector);
  kept = std::move(f.connector);
  e.run([&]() -> task<void> {
    const auto got = co_await e.acceptor.receive(as_result);
    CHECK(got.error() == errc::truncated);
  });
  const auto frame = pattern(5);
  f.run([&]() -> task<void> {
    co_await kept.send(frame);
    const auto got = co_await f.acceptor.receive();
    CHECK(same(got.bytes(), frame));
  });
  session empty;
  CHECK(!empty);
  empty.abort();
}

TEST_CASE("an exception out of a waiting operation's coroutine comes out of the context",
          "[session][teardown]") {
  encounter e;
  e.meet();
  asio::co_spawn(
      e.io,
      [](session& end) -> task<void> {
        (void)co_await end.receive(as_result);
        throw std::runtime_error("the user's own");
      }(e.acceptor),
      [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
      });
  e.settle();
  const auto frame = pattern(5);
  CHECK(!e.connector.try_send(frame));
  CHECK_THROWS_AS(e.settle(), std::runtime_error);
}

}  // namespace coseal::test
