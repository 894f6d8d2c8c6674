#include "session/stage.hpp"

#include <asio/error.hpp>

namespace coseal::test {
namespace {

/// Sends back whatever comes, until the connector closes; then closes.
script echo(session& end) {
  return [&end]() -> task<void> {
    for (;;) {
      const auto got = co_await end.receive(as_result);
      if (!got && got.error() == errc::peer_closed) break;
      REQUIRE(got);
      const auto sent = co_await end.send(as_result, got->bytes());
      REQUIRE(sent);
    }
    const auto closed = co_await end.close(as_result);
    CHECK(closed);
  };
}

void converse(encounter& e, const std::vector<bytes>& frames) {
  e.start(echo(e.acceptor));
  e.start([&]() -> task<void> {
    for (const auto& frame : frames) {
      const auto sent = co_await e.connector.send(as_result, frame);
      REQUIRE(sent);
    }
  });
  std::size_t right = 0;
  e.run([&]() -> task<void> {
    for (const auto& frame : frames) {
      const auto got = co_await e.connector.receive(as_result);
      REQUIRE(got);
      if (same(got->bytes(), frame)) ++right;
    }
    const auto closed = co_await e.connector.close(as_result);
    CHECK(closed);
  });
  CHECK(right == frames.size());
}

std::vector<bytes> of_sizes(std::initializer_list<std::size_t> sizes) {
  std::vector<bytes> frames;
  for (const auto n : sizes) frames.push_back(pattern(n, frames.size()));
  return frames;
}

constexpr std::size_t kilobyte = 1024, megabyte = 1024 * kilobyte;

}  // namespace

TEST_CASE("frames of every size come back whole and in order", "[session]") {
  encounter e(GENERATE(from_range(every_level)));
  e.meet();
  converse(e, of_sizes({0,
                        1,
                        63,
                        64,
                        8191,
                        8192,
                        8193,
                        64 * kilobyte,
                        0,
                        256 * kilobyte - 64,
                        256 * kilobyte - 26,
                        256 * kilobyte - 25,
                        256 * kilobyte - 24,
                        256 * kilobyte - 18,
                        256 * kilobyte - 17,
                        256 * kilobyte - 16,
                        256 * kilobyte - 9,
                        256 * kilobyte - 2,
                        256 * kilobyte - 1,
                        256 * kilobyte,
                        256 * kilobyte + 1,
                        7,
                        megabyte,
                        16 * megabyte,
                        5}));
}

TEST_CASE("frames come whole over a carrier that moves single bytes", "[session]") {
  encounter e(GENERATE(from_range(every_level)));
  e.forth.largest_read = e.forth.largest_write = 1;
  e.back.largest_read = 1;
  e.back.largest_write = 3;
  e.connector_limits.max_record = e.acceptor_limits.max_record = 4096;
  e.meet();
  converse(e, of_sizes({0, 1, 63, 64, 4079, 4096, 8191, 8192, 8193, 20'000}));
}

TEST_CASE("frames come whole over a carrier that is always nearly full", "[session]") {
  encounter e(GENERATE(from_range(every_level)));
  e.forth.capacity = 1000;
  e.back.capacity = 17;
  e.meet();
  converse(e, of_sizes({100, 20'000, 1, 70'000, 0}));
}

TEST_CASE("small frames of one turn share records", "[session]") {
  encounter e(GENERATE(from_range(every_level)));
  e.meet();
  const auto frame = pattern(20);
  constexpr std::size_t many = 5000;
  const auto before = e.connector.info();
  std::size_t right = 0;
  e.start([&]() -> task<void> {
    for (std::size_t i = 0; i < many; ++i) {
      const auto error = e.connector.try_send(frame);
      REQUIRE(!error);
    }
    co_return;
  });
  e.run([&]() -> task<void> {
    for (std::size_t i = 0; i < many; ++i) {
      const auto got = co_await e.acceptor.receive(as_result);
      REQUIRE(got);
      if (same(got->bytes(), frame)) ++right;
    }
  });
  CHECK(right == many);
  const auto after = e.connector.info();
  CHECK(after.frames_sent - before.frames_sent == many);
  CHECK(after.records_sent - before.records_sent <= 3);
}

TEST_CASE("every way to send keeps the order, for every way to receive", "[session]") {
  encounter e(GENERATE(from_range(every_level)));
  e.forth.capacity = 100'000;
  e.meet();
  std::vector<bytes> frames;
  for (std::size_t i = 0; i < 400; ++i)
    frames.push_back(pattern(i % 7 == 0 ? 30'000 : i % 11 == 0 ? 300'000 : i, i));

  e.start([&]() -> task<void> {
    for (std::size_t i = 0; i < frames.size();) {
      switch (i % 6) {
        case 0: {
          const auto sent = co_await e.connector.send(as_result, frames[i]);
          REQUIRE(sent);
          ++i;
          break;
        }
        case 1: {
          const auto error = e.connector.try_send(frames[i]);
          if (error == asio::error::would_block) {
            const auto drained = co_await e.connector.drain(as_result);
            REQUIRE(drained);
            break;
          }
          REQUIRE(!error);
          ++i;
          break;
        }
        case 2: {
          frame_buffer buffer = e.connector.make_frame(frames[i].size() + 3);
          std::ranges::copy(frames[i], buffer.bytes().begin());
          buffer.truncate(frames[i].size());
          const auto sent = co_await e.connector.send(as_result, std::move(buffer));
          REQUIRE(sent);
          ++i;
          break;
        }
        case 3: {
          std::vector<std::span<const std::byte>> some;
          for (std::size_t k = i; k < std::min(i + 9, frames.size()); ++k) some.emplace_back(frames[k]);
          const auto sent = co_await e.connector.send_some(as_result, some);
          REQUIRE(sent);
          REQUIRE(*sent >= 1);
          REQUIRE(*sent <= some.size());
          i += *sent;
          break;
        }
        case 4: {
          std::vector<std::span<const std::byte>> some;
          for (std::size_t k = i; k < std::min(i + 5, frames.size()); ++k) some.emplace_back(frames[k]);
          std::error_code error;
          const std::size_t sent = e.connector.try_send_some(some, error);
          REQUIRE((!error || error == asio::error::would_block));
          REQUIRE((sent == 0) == (error == asio::error::would_block));
          i += sent;
          if (sent != 0) break;
          const auto drained = co_await e.connector.drain(as_result);
          REQUIRE(drained);
          break;
        }
        default: {
          co_await e.connector.send(frames[i]);
          ++i;
        }
      }
    }
  });
  e.run([&]() -> task<void> {
    for (std::size_t i = 0, turn = 0; i < frames.size(); ++turn) {
      if (turn % 3 == 0) {
        const auto batch = co_await e.acceptor.receive_some(as_result);
        REQUIRE(batch);
        REQUIRE(batch->size() >= 1);
        for (const auto each : *batch) {
          REQUIRE(same(each, frames[i]));
          ++i;
        }
      } else {
        const frame got = co_await e.acceptor.receive();
        REQUIRE(same(got.bytes(), frames[i]));
        ++i;
      }
    }
  });
}

TEST_CASE("frames of a batch that are kept outlive the batch and the session", "[session]") {
  encounter e(GENERATE(from_range(every_level)));
  e.meet();
  const auto first = pattern(100, 1), second = pattern(200, 2);
  std::vector<frame> kept;
  e.run([&]() -> task<void> {
    REQUIRE(!e.connector.try_send(first));
    REQUIRE(!e.connector.try_send(second));
    const auto batch = co_await e.acceptor.receive_some();
    REQUIRE(batch.size() == 2);
    for (auto it = batch.begin(); it != batch.end(); ++it) kept.push_back(batch.keep(it));
  });
  e.run([&]() -> task<void> {
    for (std::size_t i = 0; i < 20; ++i) {
      const auto more = pattern(60'000, i);
      co_await e.connector.send(more);
      (void)co_await e.acceptor.receive();
    }
  });
  e.connector = session();
  e.acceptor = session();
  CHECK(same(kept[0].bytes(), first));
  CHECK(same(kept[1].bytes(), second));
}

TEST_CASE("info counts what went over the carrier", "[session]") {
  encounter e(GENERATE(from_range(every_level)));
  const auto forth = std::make_shared<bytes>(), back = std::make_shared<bytes>();
  e.connector_tap.written = forth;
  e.acceptor_tap.written = back;
  e.meet();
  const auto connector_before = e.connector.info(), acceptor_before = e.acceptor.info();
  e.run([&]() -> task<void> {
    for (std::size_t i = 0; i < 10; ++i) {
      const auto frame = pattern(10'000, i);
      co_await e.connector.send(frame);
    }
    for (std::size_t i = 0; i < 10; ++i) (void)co_await e.acceptor.receive();
    const auto answer = pattern(10);
    co_await e.acceptor.send(answer);
    (void)co_await e.connector.receive();
  });
  const auto c = e.connector.info(), a = e.acceptor.info();
  CHECK(c.level == e.level);
  CHECK(a.level == e.level);
  CHECK(c.carrier == "memory");
  CHECK(c.peer == coordinate("backend", "main"));
  CHECK(a.peer == coordinate("frontend", "one"));
  CHECK(c.session_id == a.session_id);
  CHECK(c.session_id != std::array<std::byte, 16>{});
  CHECK(c.frames_sent - connector_before.frames_sent == 10);
  CHECK(a.frames_received - acceptor_before.frames_received == 10);
  CHECK(a.frames_sent == 1);
  CHECK(c.frames_received == 1);
  CHECK(c.records_sent - connector_before.records_sent == 10);
  CHECK(a.records_received - acceptor_before.records_received == 10);
  CHECK(c.bytes_sent == forth->size());
  CHECK(a.bytes_received == forth->size());
  CHECK(a.bytes_sent == back->size());
  CHECK(c.bytes_received == back->size());
  const bool proved = e.level != security_level::none;
  CHECK(c.aead.empty() != proved);
  CHECK(c.peer_key.has_value() == proved);
  CHECK(a.own_key == c.peer_key);
  CHECK(c.own_key == a.peer_key);
  CHECK(c.first_contact == proved);
  CHECK(a.first_contact == proved);
  CHECK(c.send_epoch == 0);
  CHECK(e.connector.explain(errc::truncated).find(std::string(to_string(e.level))) != std::string::npos);
  CHECK(e.connector.explain(errc::truncated).find("backend/main") != std::string::npos);
}

TEST_CASE("a session goes on after a pause of any length", "[session]") {
  encounter e(GENERATE(from_range(every_level)));
  e.meet();
  for (const clock::duration pause : {clock::duration(1s), clock::duration(59s), clock::duration(1h)}) {
    e.pass(pause);
    e.run([&]() -> task<void> {
      const auto frame = pattern(1000);
      co_await e.connector.send(frame);
      const auto there = co_await e.acceptor.receive();
      CHECK(same(there.bytes(), frame));
      co_await e.acceptor.send(frame);
      const auto back = co_await e.connector.receive();
      CHECK(same(back.bytes(), frame));
    });
  }
}

}  // namespace coseal::test
