// Ping, keepalive and rekeying: what a session does besides frames.

#include "record/content.hpp"
#include "session/stage.hpp"

#include <asio/error.hpp>

namespace coseal::test {
namespace {

/// The times at which an end wrote anything.
struct diary {
  std::vector<clock::time_point> written;
  tap listening(const std::shared_ptr<virtual_clock>& time) {
    tap t;
    t.on_write = [this, time](std::span<const asio::const_buffer>) { written.push_back(time->now()); };
    return t;
  }
  clock::duration longest_pause() const {
    clock::duration longest{0};
    for (std::size_t i = 1; i < written.size(); ++i) longest = std::max(longest, written[i] - written[i - 1]);
    return longest;
  }
};

/// Takes every byte and, once pulled, delivers none.
class pulled_cable final : public duplex_carrier {
 public:
  pulled_cable(std::unique_ptr<duplex_carrier> inner, const bool& pulled)
      : inner_(std::move(inner)), pulled_(pulled) {}
  asio::any_io_executor executor() const noexcept override { return inner_->executor(); }
  std::size_t try_read_some(std::span<std::byte> into, std::error_code& error) noexcept override {
    return inner_->try_read_some(into, error);
  }
  std::size_t try_write_some(std::span<const asio::const_buffer> from,
                             std::error_code& error) noexcept override {
    if (!pulled_) return inner_->try_write_some(from, error);
    error.clear();
    return asio::buffer_size(from);
  }
  void wait_readable(std::shared_ptr<carrier_observer> observer) override {
    inner_->wait_readable(std::move(observer));
  }
  void wait_writable(std::shared_ptr<carrier_observer> observer) override {
    inner_->wait_writable(std::move(observer));
  }
  void shutdown_send() noexcept override { inner_->shutdown_send(); }
  void close() noexcept override { inner_->close(); }
  std::string kind() const override { return inner_->kind(); }
  std::string peer_address() const override { return inner_->peer_address(); }
  std::string source() const override { return inner_->source(); }

 private:
  std::unique_ptr<duplex_carrier> inner_;
  const bool& pulled_;
};

}  // namespace

TEST_CASE("a ping measures the way there and back", "[session][control]") {
  encounter e(GENERATE(from_range(every_level)));
  e.forth.delay = 30ms;
  e.back.delay = 12ms;
  e.forth.time = e.back.time = e.time;
  e.meet();
  e.run([&]() -> task<void> {
    for (session* end : {&e.connector, &e.acceptor}) {
      const auto time = co_await end->ping();
      CHECK(time == 42ms);
    }
  });
}

TEST_CASE("pings at once each get their own answer", "[session][control]") {
  encounter e(GENERATE(from_range(every_level)));
  e.meet();
  for (int i = 0; i < 8; ++i)
    e.start([&]() -> task<void> {
      const auto time = co_await e.connector.ping(as_result);
      CHECK(time);
    });
  e.run();
}

TEST_CASE("a ping is answered while nobody receives", "[session][control]") {
  encounter e(GENERATE(from_range(every_level)));
  e.connector_limits.keepalive = e.acceptor_limits.keepalive = 0ms;
  e.meet();
  session* const ends[] = {&e.connector, &e.acceptor};
  for (int round = 0; round < 2; ++round) {
    for (session* end : ends)
      e.run([&, end]() -> task<void> {
        const auto time = co_await end->ping(as_result, within(5s));
        CHECK(time);
      });
    // The same after both have received something, so that reading had begun.
    e.run([&]() -> task<void> {
      const auto frame = pattern(10);
      co_await e.connector.send(frame);
      (void)co_await e.acceptor.receive();
      co_await e.acceptor.send(frame);
      (void)co_await e.connector.receive();
    });
  }
}

TEST_CASE("a ping is answered between frames that the application takes slowly", "[session][control]") {
  encounter e(GENERATE(from_range(every_level)));
  e.connector_limits.keepalive = e.acceptor_limits.keepalive = 0ms;
  e.meet();
  const auto frame = pattern(10);
  e.run([&]() -> task<void> {
    co_await e.connector.send(frame);
    (void)co_await e.acceptor.receive();  // and then it thinks
    const auto time = co_await e.connector.ping(as_result, within(5s));
    CHECK(time);
  });
}

TEST_CASE("a ping that is not answered can be given up", "[session][control]") {
  encounter e(GENERATE(from_range(every_level)));
  e.connector_limits.keepalive = e.acceptor_limits.keepalive = 0ms;
  e.back.delay = 10s;
  e.back.time = e.time;
  e.connector_limits.handshake = e.acceptor_limits.handshake = 60s;
  e.meet();
  e.run([&]() -> task<void> {
    const auto late = co_await e.connector.ping(as_result, within(1s));
    CHECK(late.error() == errc::timed_out);
    const auto patient = co_await e.connector.ping(as_result);
    CHECK(patient);
  });
}

TEST_CASE("a ping goes through while the queue is full of frames", "[session][control]") {
  encounter e(GENERATE(from_range(every_level)));
  e.meet();
  bool stop = false;
  const std::size_t size = GENERATE(100, 20'000, 1'000'000);
  e.start([&]() -> task<void> {
    const auto frame = pattern(size);
    while (!stop) co_await e.connector.send(frame);
    co_await e.connector.shutdown_send();
  });
  e.start([&]() -> task<void> {
    for (;;) {
      const auto got = co_await e.acceptor.receive_some(as_result);
      if (!got) break;
    }
  });
  e.run([&]() -> task<void> {
    for (int i = 0; i < 20; ++i) {
      const auto time = co_await e.connector.ping(as_result);
      INFO(time.error().message());
      CHECK(time);
      const auto back = co_await e.acceptor.ping(as_result);
      CHECK(back);
    }
    stop = true;
  });
}

TEST_CASE("keepalive keeps an idle session alive and its promise", "[session][control]") {
  const auto level = GENERATE(from_range(every_level));
  encounter e(level);
  diary of_connector, of_acceptor;
  e.connector_tap = of_connector.listening(e.time);
  e.acceptor_tap = of_acceptor.listening(e.time);
  e.connector_limits.keepalive = 10s;
  e.acceptor_limits.keepalive = 3s;
  e.meet();
  e.pass(100ms);
  e.run([&]() -> task<void> {
    const auto frame = pattern(10);
    co_await e.connector.send(frame);  // out of step with the alarm
  });
  e.pass(10min);
  CHECK(!e.connector.failure());
  CHECK(!e.acceptor.failure());
  CHECK(of_connector.longest_pause() <= 10s);
  CHECK(of_acceptor.longest_pause() <= 3s);
  // It is kept with little: a record a period.
  CHECK(of_acceptor.written.size() < 10 * 60 / 3 + 300);
}

TEST_CASE("without keepalive an idle session says nothing and lives", "[session][control]") {
  const auto level = GENERATE(from_range(every_level));
  encounter e(level);
  e.connector_limits.keepalive = e.acceptor_limits.keepalive = 0ms;
  e.meet();
  e.settle();
  const auto before = e.connector.info().records_sent + e.acceptor.info().records_sent;
  e.pass(2h);
  CHECK(!e.connector.failure());
  CHECK(!e.acceptor.failure());
  CHECK(e.connector.info().records_sent + e.acceptor.info().records_sent == before);
}

TEST_CASE("a peer that falls silent is dead after three times its keepalive", "[session][control]") {
  encounter e(GENERATE(from_range(every_level)));
  const bool receiving = GENERATE(false, true);
  CAPTURE(e.level, receiving);
  bool pulled = false;
  e.acceptor_limits.keepalive = 2s;
  auto ends = memory_pair(e.io.get_executor(), e.io.get_executor());
  e.begin_acceptor(std::make_unique<pulled_cable>(std::move(ends.second), pulled));
  e.begin_connector(std::move(ends.first));
  e.run();
  REQUIRE(e.connector);
  if (e.level == security_level::none) {
    e.run([&]() -> task<void> { co_await e.connector.accepted(); });
  }
  std::error_code outcome;
  if (receiving)
    e.start([&]() -> task<void> {
      const auto got = co_await e.connector.receive(as_result);
      outcome = got.error();
    });
  e.pass(1min);
  CHECK(!e.connector.failure());
  CHECK(e.connector.info().hibernating);
  pulled = true;
  e.pass(3900ms);
  CHECK(!e.connector.failure());
  e.pass(2200ms);
  CHECK(e.connector.failure() == errc::peer_dead);
  if (receiving) CHECK(outcome == errc::peer_dead);
}

TEST_CASE("an application that does not take its frames is not taken for a dead peer", "[session][control]") {
  encounter e(GENERATE(from_range(every_level)));
  e.connector_limits.keepalive = e.acceptor_limits.keepalive = 1s;
  e.meet();
  const std::size_t size = GENERATE(10, 100'000);
  CAPTURE(e.level, size);
  bool stop = false;
  std::size_t sent = 0;
  e.start([&]() -> task<void> {
    const auto frame = pattern(size);
    while (!stop) {
      const auto done = co_await e.connector.send(as_result, frame, within(100ms));
      if (done)
        ++sent;
      else
        REQUIRE(done.error() == errc::timed_out);
    }
  });
  e.pass(1ms);
  e.pass(5min);  // the acceptor takes nothing
  CHECK(!e.connector.failure());
  CHECK(!e.acceptor.failure());
  stop = true;
  e.run();
  std::size_t taken = 0;
  e.run([&]() -> task<void> {
    for (;;) {
      const auto got = co_await e.acceptor.receive(as_result, within(2s));
      if (!got) break;
      ++taken;
    }
  });
  CHECK(taken >= sent);
  CHECK(!e.connector.failure());
  CHECK(!e.acceptor.failure());
}

TEST_CASE("rekeying under load keeps every frame, in both directions", "[session][control]") {
  encounter e(GENERATE(security_level::authenticated, security_level::encrypted));
  e.connector_limits.rekey.records = e.acceptor_limits.rekey.records = 8;
  e.connector_limits.keepalive = e.acceptor_limits.keepalive = 0ms;
  e.meet();
  const std::vector<std::size_t> sizes{10, 9000, 300'000, 1, 70'000};
  session* const ends[] = {&e.connector, &e.acceptor};
  for (int round = 0; round < 30; ++round) {
    e.pass(10s);  // a peer allows one key update a second, and four for nothing
    for (session* from : ends)
      e.start([&, from]() -> task<void> {
        for (const auto n : sizes) {
          const auto frame = pattern(n, n);
          co_await from->send(frame);
        }
      });
    for (session* to : ends)
      e.start([&, to]() -> task<void> {
        for (const auto n : sizes) {
          const auto got = co_await to->receive();
          CHECK(same(got.bytes(), pattern(n, n)));
        }
      });
    e.run();
  }
  const auto c = e.connector.info(), a = e.acceptor.info();
  CHECK(c.send_epoch >= 15);
  CHECK(a.send_epoch >= 15);
  CHECK(c.send_epoch == a.receive_epoch);
  CHECK(a.send_epoch == c.receive_epoch);
}

TEST_CASE("a key is replaced by bytes and by age too", "[session][control]") {
  encounter e(GENERATE(security_level::authenticated, security_level::encrypted));
  e.connector_limits.keepalive = e.acceptor_limits.keepalive = 0ms;
  const bool by_age = GENERATE(true, false);
  if (by_age)
    e.connector_limits.rekey.age = 60s;
  else
    e.connector_limits.rekey.bytes = 100'000;
  e.meet();
  const auto send_some = [&] {
    e.run([&]() -> task<void> {
      const auto frame = pattern(60'000);
      co_await e.connector.send(frame);
      (void)co_await e.acceptor.receive();
    });
  };
  send_some();
  CHECK(e.connector.info().send_epoch == 0);
  e.pass(61s);
  send_some();
  send_some();
  CHECK(e.connector.info().send_epoch == 1);
  CHECK(e.acceptor.info().receive_epoch == 1);
  CHECK(e.acceptor.info().send_epoch == 0);
}

TEST_CASE("a peer that forces key updates too often is refused, and told", "[session][control]") {
  encounter e(GENERATE(security_level::authenticated, security_level::encrypted));
  e.connector_limits.rekey.records = 1;
  e.meet();
  e.start([&]() -> task<void> {
    for (int i = 0; i < 30; ++i) {
      const auto frame = pattern(9000);
      const auto sent = co_await e.connector.send(as_result, frame);
      if (!sent) break;
    }
    const auto got = co_await e.connector.receive(as_result);
    CHECK(got.error() == errc::peer_failed);
  });
  e.run([&]() -> task<void> {
    for (;;) {
      const auto got = co_await e.acceptor.receive(as_result);
      if (got) continue;
      CHECK(got.error() == errc::rekey_too_often);
      break;
    }
  });
}

TEST_CASE("at level none there is no key to replace", "[session][control]") {
  encounter e(security_level::none);
  e.connector_limits.rekey.records = 1;
  e.meet();
  e.run([&]() -> task<void> {
    for (int i = 0; i < 30; ++i) {
      const auto frame = pattern(9000);
      co_await e.connector.send(frame);
      (void)co_await e.acceptor.receive();
    }
  });
  CHECK(e.connector.info().send_epoch == 0);
}

TEST_CASE("the acceptor's limits hold at level none once it has accepted", "[session][control]") {
  encounter e(security_level::none);
  e.acceptor_limits.max_record = 4096;
  e.acceptor_limits.max_frame = 50'000;
  e.meet();
  e.run([&]() -> task<void> {
    co_await e.connector.accepted();
    const auto large = pattern(50'000);
    co_await e.connector.send(large);
    const auto got = co_await e.acceptor.receive();
    CHECK(same(got.bytes(), large));
    const auto too_large = pattern(50'001);
    const auto refused = co_await e.connector.send(as_result, too_large);
    CHECK(refused.error() == errc::frame_too_large);
    co_await e.connector.send(large);
    const auto again = co_await e.acceptor.receive();
    CHECK(same(again.bytes(), large));
  });
}

TEST_CASE("a connector at level none that only sends learns of ACCEPT", "[session][control]") {
  encounter e(security_level::none);
  e.connector_limits.keepalive = e.acceptor_limits.keepalive = 0ms;
  e.meet();
  for (int i = 0; i < 30; ++i) {
    const auto frame = pattern(10);
    REQUIRE(!e.connector.try_send(frame));
    e.pass(1s);
  }
  CHECK(!e.connector.failure());
  CHECK(e.connector.info().peer == e.acceptor_name);
}

}  // namespace coseal::test
