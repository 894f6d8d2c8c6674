// Sessions that hibernate where they are: what they give up, what wakes them, and that nobody sees it.

#include "session/stage.hpp"
#include "support/await.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>

namespace coseal::test {
namespace {

/// Two ends that hibernate after ten seconds, without keepalive unless a test wants it.
struct sleepers : encounter {
  explicit sleepers(security_level l) : encounter(l) {
    connector_limits.hibernate = acceptor_limits.hibernate = 10s;
    connector_limits.keepalive = acceptor_limits.keepalive = 0ms;
  }
  sleepers& fall_asleep() {
    pass(12s);
    REQUIRE(connector.info().hibernating);
    REQUIRE(acceptor.info().hibernating);
    return *this;
  }
  void exchange(std::size_t size = 10) {
    run([this, size]() -> task<void> {
      for (auto [from, to] : {std::pair(&connector, &acceptor), std::pair(&acceptor, &connector)}) {
        const auto frame = pattern(size, size);
        co_await from->send(frame);
        const auto got = co_await to->receive();
        CHECK(same(got.bytes(), frame));
      }
    });
  }
};

void check_equal_but_for_sleep(const session_info& a, const session_info& b) {
  CHECK(a.level == b.level);
  CHECK(a.aead == b.aead);
  CHECK(a.carrier == b.carrier);
  CHECK(a.peer == b.peer);
  CHECK(a.peer_key == b.peer_key);
  CHECK(a.own_key == b.own_key);
  CHECK(a.session_id == b.session_id);
  CHECK(a.send_epoch == b.send_epoch);
  CHECK(a.receive_epoch == b.receive_epoch);
  CHECK(a.records_sent == b.records_sent);
  CHECK(a.records_received == b.records_received);
  CHECK(a.bytes_sent == b.bytes_sent);
  CHECK(a.bytes_received == b.bytes_received);
  CHECK(a.frames_sent == b.frames_sent);
  CHECK(a.frames_received == b.frames_received);
}

}  // namespace

TEST_CASE("an idle session hibernates and a frame wakes it, whoever sends first", "[session][hibernation]") {
  sleepers e(GENERATE(from_range(every_level)));
  e.meet();
  for (const std::size_t size : {10, 9000, 400'000}) {
    e.exchange(size);
    e.fall_asleep();
  }
  // One that has hibernated before any frame.
  sleepers fresh(e.level);
  fresh.meet();
  fresh.run([&]() -> task<void> { co_await fresh.connector.accepted(); });
  fresh.fall_asleep().exchange();
}

TEST_CASE("a session that hibernates knows all that it knew", "[session][hibernation]") {
  sleepers e(GENERATE(security_level::authenticated, security_level::encrypted));
  e.connector_limits.rekey.records = 2;  // so that there are epochs
  e.meet();
  for (int i = 0; i < 9; ++i) {
    e.exchange();
    const auto before = e.acceptor.info();
    const auto secret = e.connector.export_secret("x", {}, 32);
    e.fall_asleep();
    check_equal_but_for_sleep(e.acceptor.info(), before);
    CHECK(*e.connector.export_secret("x", {}, 32) == *secret);
    CHECK(e.connector.info().hibernating);  // asking wakes nobody
  }
  CHECK(e.connector.info().send_epoch >= 3);
  CHECK(e.connector.info().send_epoch == e.acceptor.info().receive_epoch);
}

TEST_CASE("who waits to receive goes on waiting while the session hibernates", "[session][hibernation]") {
  sleepers e(GENERATE(from_range(every_level)));
  e.meet();
  std::size_t got = 0;
  std::error_code end;
  e.start([&]() -> task<void> {
    for (;;) {
      const auto frame = co_await e.acceptor.receive(as_result);
      if (!frame) {
        end = frame.error();
        co_return;
      }
      ++got;
    }
  });
  for (std::size_t i = 1; i <= 3; ++i) {
    e.fall_asleep();
    const auto frame = pattern(100);
    REQUIRE(!e.connector.try_send(frame));
    e.settle();
    CHECK(got == i);
  }
  e.fall_asleep();
  SECTION("until the peer closes") {
    e.start([&]() -> task<void> { (void)co_await e.connector.close(as_result); });
    e.settle();
    CHECK(end == errc::peer_closed);
    e.acceptor = session();
  }
  SECTION("until it is aborted") {
    e.acceptor.abort();
    e.settle();
    CHECK(end == errc::cancelled);
  }
  SECTION("until the connection ends") {
    e.connector.abort();
    e.settle();
    CHECK(end == errc::truncated);
  }
  e.run();
}

TEST_CASE("a wait to receive can be given up while the session hibernates", "[session][hibernation]") {
  sleepers e(GENERATE(from_range(every_level)));
  e.meet();
  std::stop_source stop;
  std::error_code end;
  const bool by_time = GENERATE(false, true);
  e.start([&]() -> task<void> {
    const auto options = by_time ? within(20s) : stop_on(stop.get_token());
    const auto got = co_await e.acceptor.receive(as_result, options);
    end = got.error();
  });
  e.fall_asleep();
  CHECK(!end);
  if (!by_time) stop.request_stop();
  e.pass(by_time ? 10s : 0s);
  CHECK(end == (by_time ? errc::timed_out : errc::cancelled));
  CHECK(e.acceptor.info().hibernating);
  e.exchange();
}

TEST_CASE("keepalive goes on while both ends hibernate, and wakes nobody for long",
          "[session][hibernation]") {
  sleepers e(GENERATE(from_range(every_level)));
  const bool receiving = GENERATE(false, true);
  e.connector_limits.keepalive = 15s;
  e.acceptor_limits.keepalive = 4s;
  e.meet();
  if (receiving)
    for (session* end : {&e.connector, &e.acceptor})
      e.start([end]() -> task<void> { (void)co_await end->receive(as_result); });
  e.pass(20s);
  const auto before = e.acceptor.info();
  int asleep = 0;
  for (int i = 0; i < 1000; ++i) {
    e.pass(300ms);
    if (e.connector.info().hibernating && e.acceptor.info().hibernating) ++asleep;
  }
  CHECK(asleep >= 990);
  const auto after = e.acceptor.info();
  CHECK(after.records_sent - before.records_sent >= 300 / 4);
  CHECK(after.records_received - before.records_received >= 300 / 15);
  CHECK(!e.connector.failure());
  CHECK(!e.acceptor.failure());
  e.connector.abort();
  e.acceptor.abort();
  e.run();
}

TEST_CASE("closing wakes, and is heard by one that hibernates", "[session][hibernation]") {
  sleepers e(GENERATE(from_range(every_level)));
  e.meet();
  e.fall_asleep();
  e.run([&]() -> task<void> {
    std::error_code other;
    const auto closed = co_await e.connector.close(as_result, within(1s));
    // Nobody answers for the acceptor until it is dropped or closes.
    CHECK(closed.error() == errc::timed_out);
    const auto got = co_await e.acceptor.receive(as_result);
    CHECK(got.error() == errc::peer_closed);
  });
}

TEST_CASE("a function waits for something to receive in place of a coroutine", "[session][hibernation]") {
  sleepers e(GENERATE(from_range(every_level)));
  e.meet();
  int called = 0;
  e.acceptor.when_receivable([&] { ++called; });
  e.fall_asleep();
  CHECK(called == 0);
  const auto frame = pattern(10);
  SECTION("a frame") {
    REQUIRE(!e.connector.try_send(frame));
    e.settle();
    CHECK(called == 1);
    e.acceptor.when_receivable([&] { ++called; });  // it is still there
    e.settle();
    CHECK(called == 2);
    e.run([&]() -> task<void> { (void)co_await e.acceptor.receive(); });
    e.acceptor.when_receivable([&] { ++called; });
    e.fall_asleep();
    CHECK(called == 2);
  }
  SECTION("a PING is none") {
    e.run([&]() -> task<void> { (void)co_await e.connector.ping(); });
    CHECK(called == 0);
  }
  SECTION("the peer's CLOSE") {
    e.start([&]() -> task<void> { (void)co_await e.connector.close(as_result); });
    e.settle();
    CHECK(called == 1);
    e.acceptor = session();
    e.run();
  }
  SECTION("the end") {
    e.connector.abort();
    e.settle();
    CHECK(called == 1);
  }
  SECTION("its own end") {
    e.acceptor.abort();
    e.settle();
    CHECK(called == 1);
  }
  SECTION("not after the session has been dropped") {
    e.acceptor = session();
    e.settle();
    CHECK(called == 0);
  }
  SECTION("nor once it was replaced") {
    int second = 0;
    e.acceptor.when_receivable([&] { ++second; });
    REQUIRE(!e.connector.try_send(frame));
    e.settle();
    CHECK(called == 0);
    CHECK(second == 1);
  }
}

TEST_CASE("all idle sessions of a context hibernate when memory is short, busy ones do not",
          "[session][hibernation]") {
  sleepers e(security_level::encrypted);
  e.connector_limits.send_queue = 32 * 1024;
  e.forth.capacity = 16 * 1024;
  e.meet();
  e.exchange();
  e.settle();
  CHECK(hibernate_idle_sessions(e.io.get_executor()) == 2);
  CHECK(e.connector.info().hibernating);
  e.exchange();
  e.start([&]() -> task<void> {
    const auto frame = pattern(200'000);
    co_await e.connector.send(frame);
    co_await e.connector.drain();
  });
  e.settle();
  CHECK(hibernate_idle_sessions(e.io.get_executor()) == 0);  // one writes, the other has half a record
  e.run([&]() -> task<void> {
    const auto got = co_await e.acceptor.receive();
    CHECK(got.size() == 200'000);
  });
  e.settle();
  CHECK(hibernate_idle_sessions(e.io.get_executor()) == 2);
}

TEST_CASE("only time makes an idle session hibernate, and zero keeps it awake",
          "[session][hibernation][awake]") {
  sleepers e(security_level::encrypted);
  e.connector_limits.hibernate = 0s;
  e.meet();
  e.exchange();
  e.pass(9s);
  CHECK_FALSE(e.acceptor.info().hibernating);
  e.pass(1h);
  CHECK_FALSE(e.connector.info().hibernating);
  CHECK(e.acceptor.info().hibernating);
}

TEST_CASE("over sockets bytes may come at any moment of falling asleep", "[session][hibernation]") {
  asio::io_context io{1};
  const endpoint connector_side(coordinate("frontend", "one"), memory_storage());
  const endpoint acceptor_side(coordinate("backend", "main"), memory_storage());
  listener open(io.get_executor(), acceptor_side, listen_tcp("127.0.0.1:0"));
  std::exception_ptr failure;
  const auto done = [&](std::exception_ptr e) {
    if (e && !failure) failure = e;
  };
  constexpr int rounds = 2000;
  const script answer = [&]() -> task<void> {
    session end = co_await open.accept();
    open.close();
    for (int i = 0; i < rounds; ++i) {
      const auto got = co_await end.receive();
      if (i % 3 == 0) hibernate_idle_sessions(io.get_executor());
      co_await end.send(got.bytes());
      if (i % 5 == 0) hibernate_idle_sessions(io.get_executor());
    }
    (void)co_await end.receive(as_result);
    co_await end.close();
  };
  std::size_t asleep = 0;
  const script ask = [&]() -> task<void> {
    session end = co_await connect_session(connector_side, *transport_from(open.address()));
    for (int i = 0; i < rounds; ++i) {
      const auto frame = pattern(i % 7 == 0 ? 3000 : 20, static_cast<std::size_t>(i));
      if (i % 2 == 0) asleep += hibernate_idle_sessions(io.get_executor());
      co_await end.send(frame);
      if (i % 4 == 0) {
        co_await end.drain();
        hibernate_idle_sessions(io.get_executor());
        for (int turn = 0; turn < i % 6; ++turn) co_await asio::post(io, asio::use_awaitable);
        hibernate_idle_sessions(io.get_executor());
      }
      const auto got = co_await end.receive();
      CHECK(same(got.bytes(), frame));
    }
    co_await end.close();
  };
  asio::co_spawn(io, answer(), done);
  asio::co_spawn(io, ask(), done);
  io.run();
  if (failure) std::rethrow_exception(failure);
  CHECK(asleep > rounds / 4);
}

}  // namespace coseal::test
