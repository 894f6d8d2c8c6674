// Calls that can not work are said to be so and change nothing; and a session belongs to the process that
// made it.

#include "session/stage.hpp"
#include "support/child_process.hpp"

#include <asio/error.hpp>

namespace coseal::test {

TEST_CASE("a frame above the peer's limit is refused here, and the session goes on", "[session]") {
  encounter e(GENERATE(from_range(every_level)));
  e.acceptor_limits.max_frame = 1000;
  e.meet();
  e.run([&]() -> task<void> {
    co_await e.connector.accepted();
    const auto large = pattern(1001), right = pattern(1000);
    const auto sent = co_await e.connector.send(as_result, large);
    CHECK(sent.error() == errc::frame_too_large);
    CHECK(e.connector.try_send(large) == errc::frame_too_large);
    auto buffer = e.connector.make_frame(1001);
    const auto lent = co_await e.connector.send(as_result, std::move(buffer));
    CHECK(lent.error() == errc::frame_too_large);
    const std::span<const std::byte> some[] = {right, large, right};
    const auto first = co_await e.connector.send_some(as_result, some);
    REQUIRE(first);
    CHECK(*first == 1);
    const auto none = co_await e.connector.send_some(as_result, std::span(some).subspan(1));
    CHECK(none.error() == errc::frame_too_large);
    std::error_code error;
    CHECK(e.connector.try_send_some(std::span(some).subspan(1), error) == 0);
    CHECK(error == errc::frame_too_large);
    CHECK(e.connector.try_send_some(some, error) == 1);
    CHECK(!error);
    co_await e.connector.shutdown_send();
    for (int i = 0; i < 2; ++i) {
      const auto got = co_await e.acceptor.receive();
      CHECK(same(got.bytes(), right));
    }
    const auto end = co_await e.acceptor.receive(as_result);
    CHECK(end.error() == errc::peer_closed);
  });
  CHECK(!e.connector.failure());
}

TEST_CASE("the throwing form throws what the other returns, with the peer's name", "[session]") {
  encounter e;
  e.acceptor_limits.max_frame = 10;
  e.meet();
  e.run([&]() -> task<void> {
    const auto large = pattern(11);
    try {
      co_await e.connector.send(large);
      FAIL("it was sent");
    } catch (const error& thrown) {
      CHECK(thrown.code() == errc::frame_too_large);
      CHECK(std::string(thrown.what()).find("backend/main") != std::string::npos);
    }
  });
}

TEST_CASE("sending no frames and empty frames is not the same", "[session]") {
  encounter e(GENERATE(from_range(every_level)));
  e.meet();
  e.run([&]() -> task<void> {
    const auto nothing = co_await e.connector.send_some(as_result, {});
    REQUIRE(nothing);
    CHECK(*nothing == 0);
    std::error_code error = asio::error::eof;
    CHECK(e.connector.try_send_some({}, error) == 0);
    CHECK(!error);
    const std::span<const std::byte> empty;
    co_await e.connector.send(empty);
    CHECK(!e.connector.try_send(empty));
    auto buffer = e.connector.make_frame(0);
    co_await e.connector.send(std::move(buffer));
    const std::span<const std::byte> some[] = {empty, empty};
    const auto two = co_await e.connector.send_some(as_result, some);
    CHECK(two.value() == 2);
    const auto last = pattern(1);
    co_await e.connector.send(last);
    for (int i = 0; i < 5; ++i) {
      const auto got = co_await e.acceptor.receive();
      CHECK(got.size() == 0);
    }
    const auto got = co_await e.acceptor.receive();
    CHECK(same(got.bytes(), last));
  });
}

TEST_CASE("nothing can be sent behind CLOSE", "[session]") {
  encounter e(GENERATE(from_range(every_level)));
  e.meet();
  e.run([&]() -> task<void> {
    co_await e.connector.shutdown_send();
    const auto frame = pattern(10), large = pattern(100'000);
    CHECK(e.connector.try_send(frame) == errc::closed);
    const auto sent = co_await e.connector.send(as_result, frame);
    CHECK(sent.error() == errc::closed);
    const auto more = co_await e.connector.send(as_result, large);
    CHECK(more.error() == errc::closed);
    auto buffer = e.connector.make_frame(10);
    const auto lent = co_await e.connector.send(as_result, std::move(buffer));
    CHECK(lent.error() == errc::closed);
    const std::span<const std::byte> one(frame);
    const auto some = co_await e.connector.send_some(as_result, {&one, 1});
    CHECK(some.error() == errc::closed);
    const auto time = co_await e.connector.ping(as_result);
    CHECK(time.error() == errc::closed);
    const auto again = co_await e.connector.shutdown_send(as_result);
    CHECK(again);
    const auto drained = co_await e.connector.drain(as_result);
    CHECK(drained);
  });
  CHECK(!e.connector.failure());
}

TEST_CASE("a child process can not use its parent's session, and does it no harm", "[session][fork]") {
  encounter e(GENERATE(from_range(every_level)));
  e.meet();
  const auto queued = pattern(20);
  CHECK(!e.connector.try_send(queued));  // not written yet: the child must not write it either
  child_process child([&]() -> int {
    int wrong = 0;
    const auto expect = [&wrong](std::error_code error) {
      if (error != errc::used_after_fork) ++wrong;
    };
    const auto frame = pattern(10), large = pattern(100'000);
    expect(e.connector.try_send(frame));
    std::error_code error;
    const std::span<const std::byte> one(frame);
    e.connector.try_send_some({&one, 1}, error);
    expect(error);
    e.start([&]() -> task<void> {
      const auto sent = co_await e.connector.send(as_result, frame);
      expect(sent.error());
      const auto more = co_await e.connector.send(as_result, large);
      expect(more.error());
      auto buffer = e.connector.make_frame(10);
      const auto lent = co_await e.connector.send(as_result, std::move(buffer));
      expect(lent.error());
      const auto some = co_await e.connector.send_some(as_result, {&one, 1});
      expect(some.error());
      const auto got = co_await e.connector.receive(as_result);
      expect(got.error());
      const auto batch = co_await e.acceptor.receive_some(as_result);
      expect(batch.error());
      const auto drained = co_await e.connector.drain(as_result);
      expect(drained.error());
      const auto shut = co_await e.connector.shutdown_send(as_result);
      expect(shut.error());
      const auto closed = co_await e.connector.close(as_result);
      expect(closed.error());
      const auto time = co_await e.connector.ping(as_result);
      expect(time.error());
      const auto accepted = co_await e.connector.accepted(as_result);
      expect(accepted.error());
    });
    e.run();
    expect(e.connector.export_secret("label", {}, 32).error());
    e.connector.abort();
    e.connector = session();
    e.acceptor = session();
    return wrong;
  });
  CHECK(child.wait() == 0);
  e.run([&]() -> task<void> {
    const auto got = co_await e.acceptor.receive();
    CHECK(same(got.bytes(), queued));
    co_await e.acceptor.send(queued);
    const auto back = co_await e.connector.receive();
    CHECK(same(back.bytes(), queued));
  });
}

}  // namespace coseal::test
