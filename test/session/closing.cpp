// How sessions end when somebody wants them to.

#include "session/stage.hpp"

#include <asio/error.hpp>

namespace coseal::test {
namespace {

script closes(session& end) {
  return [&end]() -> task<void> {
    const auto closed = co_await end.close(as_result);
    INFO(closed.error().message());
    CHECK(closed);
  };
}

}  // namespace

TEST_CASE("both ends close at once and in peace", "[session][close]") {
  encounter e(GENERATE(from_range(every_level)));
  e.meet();
  e.start(closes(e.connector));
  e.start(closes(e.acceptor));
  e.run(4s);
  CHECK(e.connector.failure() == errc::closed);
  CHECK(e.acceptor.failure() == errc::closed);
}

TEST_CASE("one end closes, the other sees it and closes too", "[session][close]") {
  encounter e(GENERATE(from_range(every_level)));
  const bool connector_first = GENERATE(true, false);
  e.meet();
  session& first = connector_first ? e.connector : e.acceptor;
  session& second = connector_first ? e.acceptor : e.connector;
  e.start(closes(first));
  e.run([&]() -> task<void> {
    const auto got = co_await second.receive(as_result);
    CHECK(got.error() == errc::peer_closed);
    const auto again = co_await second.receive_some(as_result);
    CHECK(again.error() == errc::peer_closed);
    const auto closed = co_await second.close(as_result);
    CHECK(closed);
  });
  const auto frame = pattern(3);
  CHECK(first.try_send(frame) == errc::closed);
  CHECK(second.try_send(frame) == errc::closed);
  e.run([&]() -> task<void> {
    const auto twice = co_await first.close(as_result);
    CHECK(twice);
    const auto got = co_await first.receive(as_result);
    CHECK(got.error() == errc::closed);
    const auto time = co_await first.ping(as_result);
    CHECK(time.error() == errc::closed);
  });
}

TEST_CASE("a half-closed session still receives until the peer closes", "[session][close]") {
  encounter e(GENERATE(from_range(every_level)));
  e.meet();
  const auto question = pattern(100'000, 1), answer = pattern(400'000, 2);
  e.start([&]() -> task<void> {
    co_await e.connector.send(question);
    co_await e.connector.shutdown_send();
    CHECK(e.connector.try_send(question) == errc::closed);
    const auto got = co_await e.connector.receive();
    CHECK(same(got.bytes(), answer));
    const auto end = co_await e.connector.receive(as_result);
    CHECK(end.error() == errc::peer_closed);
    co_await e.connector.close();
  });
  e.run([&]() -> task<void> {
    const auto got = co_await e.acceptor.receive();
    CHECK(same(got.bytes(), question));
    const auto end = co_await e.acceptor.receive(as_result);
    CHECK(end.error() == errc::peer_closed);
    co_await e.acceptor.send(answer);
    co_await e.acceptor.close();
  });
}

TEST_CASE("close sends what is queued before it", "[session][close]") {
  encounter e(GENERATE(from_range(every_level)));
  e.forth.capacity = GENERATE(1, 777, 256 * 1024);
  e.meet();
  const std::vector<std::size_t> sizes{10, 9000, 300'000, 0, 5};
  e.start([&]() -> task<void> {
    for (const auto n : sizes) {
      const auto frame = pattern(n, n);
      co_await e.connector.send(frame);
    }
    co_await e.connector.close();
  });
  e.run([&]() -> task<void> {
    for (const auto n : sizes) {
      const auto got = co_await e.acceptor.receive();
      CHECK(same(got.bytes(), pattern(n, n)));
    }
    const auto end = co_await e.acceptor.receive(as_result);
    CHECK(end.error() == errc::peer_closed);
    co_await e.acceptor.close();
  });
}

TEST_CASE("shutdown_send ends when CLOSE has left", "[session][close]") {
  encounter e(GENERATE(from_range(every_level)));
  e.forth.capacity = GENERATE(1, 20, 100);
  e.meet();
  const auto frame = pattern(1000);
  e.start([&]() -> task<void> {
    REQUIRE(!e.connector.try_send(frame));
    co_await e.connector.shutdown_send();
    e.connector = session();  // gone at once: what has left must be enough
  });
  e.run([&]() -> task<void> {
    const auto got = co_await e.acceptor.receive();
    CHECK(same(got.bytes(), frame));
    const auto end = co_await e.acceptor.receive(as_result);
    CHECK(end.error() == errc::peer_closed);
  });
}

TEST_CASE("close drops what the peer had still to say", "[session][close]") {
  encounter e(GENERATE(from_range(every_level)));
  e.meet();
  const auto frame = pattern(200'000);
  e.start([&]() -> task<void> {
    for (int i = 0; i < 20; ++i) {
      const auto sent = co_await e.acceptor.send(as_result, frame);
      CHECK(sent);
    }
    const auto closed = co_await e.acceptor.close(as_result);
    CHECK(closed);
  });
  e.settle();
  e.start(closes(e.connector));
  e.run(4s);
}

TEST_CASE("close while another coroutine receives ends both", "[session][close]") {
  encounter e(GENERATE(from_range(every_level)));
  e.meet();
  const bool peer_talks = GENERATE(false, true);
  e.start([&]() -> task<void> {
    for (;;) {
      const auto got = co_await e.connector.receive(as_result);
      if (got) continue;
      CHECK((got.error() == errc::closed || got.error() == errc::peer_closed));
      break;
    }
  });
  e.settle();
  e.start(closes(e.connector));
  e.settle();
  e.start([&]() -> task<void> {
    if (peer_talks)
      for (int i = 0; i < 50; ++i) {
        const auto frame = pattern(50'000);
        const auto sent = co_await e.acceptor.send(as_result, frame);
        CHECK(sent);
      }
    const auto closed = co_await e.acceptor.close(as_result);
    CHECK(closed);
  });
  e.run(4s);
}

TEST_CASE("close waits for the peer no longer than its limit", "[session][close]") {
  encounter e(GENERATE(from_range(every_level)));
  e.connector_limits.close = 3s;
  e.meet();
  const auto start = e.time->now();
  e.run([&]() -> task<void> {
    const auto closed = co_await e.connector.close(as_result);
    CHECK(closed.error() == errc::timed_out);
  });
  CHECK(e.time->now() - start == 3s);
  CHECK(e.connector.failure() == errc::closed);
}

TEST_CASE("close waits no longer than it is told, and leaves for a peer that reads nothing",
          "[session][close]") {
  encounter e(GENERATE(from_range(every_level)));
  e.forth.capacity = 100;
  e.connector_limits.keepalive = e.acceptor_limits.keepalive = 0ms;
  e.meet();
  const auto start = e.time->now();
  e.run([&]() -> task<void> {
    for (int i = 0; i < 30; ++i) {
      const auto frame = pattern(5000);
      (void)e.connector.try_send(frame);
    }
    const auto closed = co_await e.connector.close(as_result, within(1s));
    CHECK(closed.error() == errc::timed_out);
  });
  CHECK(e.time->now() - start == 1s);
}

TEST_CASE("a carrier that ends without CLOSE is a truncated session", "[session][close]") {
  encounter e(GENERATE(from_range(every_level)));
  e.meet();
  const auto frame = pattern(1000);
  e.run([&]() -> task<void> {
    co_await e.connector.send(frame);
    co_await e.connector.drain();
    e.connector.abort();
    const auto aborted = co_await e.connector.receive(as_result);
    CHECK(aborted.error() == errc::cancelled);
    const auto got = co_await e.acceptor.receive(as_result);
    REQUIRE(got);
    CHECK(same(got->bytes(), frame));
    const auto end = co_await e.acceptor.receive(as_result);
    CHECK(end.error() == errc::truncated);
    const auto again = co_await e.acceptor.receive(as_result);
    CHECK(again.error() == errc::truncated);
    const auto sent = co_await e.acceptor.send(as_result, frame);
    CHECK(sent.error() == errc::truncated);
    const auto closed = co_await e.acceptor.close(as_result);
    CHECK(closed.error() == errc::truncated);
  });
}

TEST_CASE("abort ends everything that is outstanding, at once", "[session][close]") {
  encounter e(GENERATE(from_range(every_level)));
  e.forth.capacity = 1000;
  e.meet();
  std::vector<std::error_code> ends;
  const auto note = [&](std::error_code error) { ends.push_back(error); };
  e.start([&]() -> task<void> {
    const auto got = co_await e.connector.receive(as_result);
    note(got.error());
  });
  e.start([&]() -> task<void> {
    const auto frame = pattern(300'000);
    for (;;) {
      const auto sent = co_await e.connector.send(as_result, frame);
      if (sent) continue;
      note(sent.error());
      break;
    }
  });
  e.settle();
  e.start([&]() -> task<void> {
    const auto time = co_await e.connector.ping(as_result);
    note(time.error());
  });
  e.settle();
  e.start([&]() -> task<void> {
    const auto drained = co_await e.connector.drain(as_result);
    note(drained.error());
  });
  e.settle();
  CHECK(ends.empty());
  e.connector.abort();
  e.settle();
  CHECK(ends.size() == 4);
  for (const auto& error : ends) CHECK(error == errc::cancelled);
  e.run();
}

TEST_CASE("a handle that goes after the peer has closed answers with CLOSE", "[session][close]") {
  encounter e(GENERATE(from_range(every_level)));
  e.meet();
  e.start(closes(e.connector));
  e.run([&]() -> task<void> {
    const auto got = co_await e.acceptor.receive(as_result);
    CHECK(got.error() == errc::peer_closed);
    e.acceptor = session();
  });
}

TEST_CASE("a peer's CLOSE in the middle of a session ends pings and wakes nobody else", "[session][close]") {
  encounter e(GENERATE(from_range(every_level)));
  e.meet();
  e.start([&]() -> task<void> { co_await e.acceptor.shutdown_send(); });
  e.run();
  const auto frame = pattern(10);
  e.run([&]() -> task<void> {
    co_await e.connector.send(frame);
    const auto got = co_await e.acceptor.receive();
    CHECK(same(got.bytes(), frame));
  });
}

TEST_CASE("an error that the peer has to hear of reaches it", "[session][close]") {
  // The connector's second frame is changed on its way.
  encounter e(GENERATE(security_level::authenticated, security_level::encrypted));
  const auto forth = std::make_shared<bytes>();
  {
    encounter other(e.level);
    other.connector_tap.written = forth;
    other.meet();
  }
  e.connector_tap.flip_at = forth->size() + 20;
  e.meet();
  const auto frame = pattern(100);
  e.start([&]() -> task<void> {
    co_await e.connector.send(frame);
    const auto got = co_await e.connector.receive(as_result);
    CHECK(got.error() == errc::peer_failed);
  });
  e.run([&]() -> task<void> {
    const auto got = co_await e.acceptor.receive(as_result);
    CHECK(got.error() == errc::bad_record_tag);
  });
}

TEST_CASE("a session that fails inside of a fragmented frame says nothing that is not legal there",
          "[session][close]") {
  encounter e(GENERATE(security_level::authenticated, security_level::encrypted));
  e.forth.capacity = 3000;
  const auto back = std::make_shared<bytes>();
  {
    encounter other(e.level);
    other.acceptor_tap.written = back;
    other.meet();
  }
  e.acceptor_tap.flip_at = back->size() + 12;
  e.meet();
  e.start([&]() -> task<void> {
    const auto large = pattern(5'000'000);
    for (int i = 0; i < 2; ++i) {  // one is read ahead
      const auto sent = co_await e.connector.send(as_result, large);
      if (!sent) break;
    }
  });
  e.settle();
  const auto frame = pattern(100);
  CHECK(!e.acceptor.try_send(frame));
  e.settle();
  CHECK(e.connector.failure() == errc::bad_record_tag);
  e.run([&]() -> task<void> {
    auto got = co_await e.acceptor.receive(as_result);
    REQUIRE(got);
    got = co_await e.acceptor.receive(as_result);
    if (got) got = co_await e.acceptor.receive(as_result);
    INFO(got.error().message());
    CHECK((got.error() == errc::peer_failed || got.error() == errc::truncated));
  });
}

}  // namespace coseal::test
