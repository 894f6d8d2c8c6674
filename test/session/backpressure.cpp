// A receiver that does not read; senders that wait, and give up in each of the three ways.

#include "session/stage.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>

#include <numeric>

namespace coseal::test {
namespace {

/// Sends frames that carry their number until one would block.
std::size_t fill(session& end, std::size_t size, std::size_t first) {
  for (;; ++first) {
    bytes frame = pattern(size, first);
    const auto error = end.try_send(frame);
    if (error == asio::error::would_block) return first;
    REQUIRE(!error);
  }
}

enum class way { deadline, stop_token, signal };

/// Gives one operation up in the way asked for; errc::timed_out or errc::cancelled.
struct quitter {
  way how;
  std::stop_source source;
  asio::cancellation_signal signal;

  operation_options options() const {
    operation_options chosen;
    if (how == way::deadline) chosen.within(1s);
    if (how == way::stop_token) chosen.stop(source.get_token());
    return chosen;
  }
  std::error_code expected() const { return how == way::deadline ? errc::timed_out : errc::cancelled; }
  void give_up(stage& on) {
    if (how == way::deadline) on.pass(1s);
    if (how == way::stop_token) source.request_stop();
    if (how == way::signal) signal.emit(asio::cancellation_type::terminal);
    on.settle();
  }
};

/// Runs `play` so that quitter::signal reaches what it waits for. `ended` is set when it has.
void spawn(stage& on, quitter& with, const script& play, bool& ended, std::exception_ptr& failure) {
  asio::co_spawn(on.io, play(), asio::bind_cancellation_slot(with.signal.slot(), [&](std::exception_ptr e) {
                   ended = true;
                   failure = e;
                 }));
}

}  // namespace

TEST_CASE("a sender waits at the high-water mark and goes on when the receiver reads",
          "[session][backpressure]") {
  encounter e(GENERATE(from_range(every_level)));
  e.meet();
  constexpr std::size_t frames = 2000, size = 5000;
  std::size_t sent = 0;
  e.start([&]() -> task<void> {
    for (; sent < frames; ++sent) {
      const auto frame = pattern(size, sent);
      co_await e.connector.send(frame);
    }
  });
  e.settle();
  // The queue, two batches in flight and what the carrier and the receiver hold.
  const std::size_t bound = 3 * e.connector_limits.send_queue + 256 * 1024 + 512 * 1024;
  CHECK(sent * size < bound);
  CHECK(sent * size > e.connector_limits.send_queue / 2);
  const std::size_t stopped_at = sent;
  e.pass(1h);
  CHECK(sent == stopped_at);
  CHECK(!e.connector.failure());
  std::size_t right = 0;
  e.run([&]() -> task<void> {
    for (std::size_t i = 0; i < frames; ++i) {
      const auto got = co_await e.acceptor.receive();
      if (same(got.bytes(), pattern(size, i))) ++right;
    }
  });
  CHECK(right == frames);
}

TEST_CASE("the send queue's size is respected", "[session][backpressure]") {
  encounter e(GENERATE(from_range(every_level)));
  e.connector_limits.send_queue = 32 * 1024;
  e.forth.capacity = 1000;
  e.meet();
  const std::size_t small = fill(e.connector, 1000, 0);
  e.settle();
  const std::size_t all = fill(e.connector, 1000, small);
  CHECK(all * 1000 < 160 * 1024);
  CHECK(all * 1000 > 8 * 1024);
}

TEST_CASE("what is queued by one who holds a lock leaves without his writing it", "[session][backpressure]") {
  encounter e(GENERATE(from_range(every_level)));
  std::size_t writes = 0;
  e.connector_tap.on_write = [&writes](std::span<const asio::const_buffer>) { ++writes; };
  e.meet();
  e.settle();
  writes = 0;
  std::size_t queued = 0;
  std::error_code full;
  while (!(full = e.connector.try_queue(pattern(5000, queued)))) ++queued;
  CHECK(full == asio::error::would_block);
  CHECK(writes == 0);
  CHECK(queued > 3);
  CHECK(e.connector.try_queue(bytes(e.acceptor_limits.max_frame + 1)) == errc::frame_too_large);
  e.settle();
  CHECK(writes > 0);
  std::size_t right = 0;
  e.run([&]() -> task<void> {
    for (std::size_t i = 0; i < queued; ++i) {
      const auto got = co_await e.acceptor.receive();
      if (same(got.bytes(), pattern(5000, i))) ++right;
    }
  });
  CHECK(right == queued);
  CHECK_FALSE(e.connector.try_queue(pattern(5000, 0)));
}

TEST_CASE("senders that wait are woken in the order in which they came", "[session][backpressure]") {
  encounter e(GENERATE(from_range(every_level)));
  e.meet();
  const std::size_t filled = fill(e.connector, 8000, 0);
  e.settle();
  const std::size_t all = fill(e.connector, 8000, filled);
  constexpr std::size_t senders = 20;
  for (std::size_t i = 0; i < senders; ++i)
    e.start([&, i]() -> task<void> {
      const auto frame = pattern(8000, 1'000'000 + i);
      co_await e.connector.send(frame);
    });
  e.settle();
  CHECK(e.running() == senders);
  std::size_t right = 0;
  e.run([&]() -> task<void> {
    for (std::size_t i = 0; i < all + senders; ++i) {
      const auto got = co_await e.acceptor.receive();
      if (same(got.bytes(), pattern(8000, i < all ? i : 1'000'000 + i - all))) ++right;
    }
  });
  CHECK(right == all + senders);
}

TEST_CASE("a send that is given up while it waits for room was never there", "[session][backpressure]") {
  encounter e(GENERATE(from_range(every_level)));
  quitter q{GENERATE(way::deadline, way::stop_token, way::signal), {}, {}};
  const bool batch = GENERATE(false, true);
  e.connector_limits.keepalive = e.acceptor_limits.keepalive = 0ms;
  e.meet();
  std::size_t filled = fill(e.connector, 8000, 0);
  e.settle();
  filled = fill(e.connector, 8000, filled);

  std::error_code outcome;
  bool ended = false;
  std::exception_ptr failure;
  const script play = [&]() -> task<void> {
    const auto frame = std::make_unique<bytes>(pattern(100, 77));
    const std::span<const std::byte> one(*frame);
    if (batch) {
      const auto sent = co_await e.connector.send_some(as_result, {&one, 1}, q.options());
      outcome = sent.error();
    } else {
      const auto sent = co_await e.connector.send(as_result, one, q.options());
      outcome = sent.error();
    }
  };
  spawn(e, q, play, ended, failure);
  e.settle();
  REQUIRE(!ended);
  q.give_up(e);
  REQUIRE(ended);
  CHECK(!failure);
  CHECK(outcome == q.expected());

  const auto last = pattern(50, 99);
  e.start([&]() -> task<void> { co_await e.connector.send(last); });
  std::size_t right = 0;
  e.run([&]() -> task<void> {
    for (std::size_t i = 0; i < filled; ++i) {
      const auto got = co_await e.acceptor.receive();
      if (same(got.bytes(), pattern(8000, i))) ++right;
    }
    const auto got = co_await e.acceptor.receive();
    CHECK(same(got.bytes(), last));
  });
  CHECK(right == filled);
}

TEST_CASE("a large frame that is given up while it is being written is still sent whole",
          "[session][backpressure]") {
  encounter e(GENERATE(from_range(every_level)));
  quitter q{GENERATE(way::deadline, way::stop_token, way::signal), {}, {}};
  const std::size_t size = GENERATE(20'000, 200'000, 1'000'000);
  CAPTURE(e.level, static_cast<int>(q.how), size);
  e.forth.capacity = 5000;
  e.connector_limits.keepalive = e.acceptor_limits.keepalive = 0ms;
  e.meet();

  std::error_code outcome;
  bool ended = false;
  std::exception_ptr failure;
  const script play = [&]() -> task<void> {
    auto frame = std::make_unique<bytes>(pattern(size, 77));
    const auto sent = co_await e.connector.send(as_result, *frame, q.options());
    outcome = sent.error();
    std::ranges::fill(*frame, std::byte{0xee});  // the caller may do with it what it likes, now
    frame.reset();
  };
  spawn(e, q, play, ended, failure);
  e.settle();
  const bool waited = !ended;
  if (waited) q.give_up(e);
  REQUIRE(ended);
  CHECK(!failure);
  if (waited) CHECK(outcome == q.expected());

  const auto last = pattern(50, 99);
  e.start([&]() -> task<void> { co_await e.connector.send(last); });
  e.run([&]() -> task<void> {
    const auto large = co_await e.acceptor.receive();
    CHECK(same(large.bytes(), pattern(size, 77)));
    const auto got = co_await e.acceptor.receive();
    CHECK(same(got.bytes(), last));
  });
}

TEST_CASE("a send with a token that has stopped already keeps no hold of the caller's bytes",
          "[session][backpressure]") {
  encounter e(GENERATE(from_range(every_level)));
  e.forth.capacity = 5000;
  e.meet();
  std::stop_source stopped;
  stopped.request_stop();
  const std::size_t size = 100'000;
  e.run([&]() -> task<void> {
    auto frame = std::make_unique<bytes>(pattern(size, 77));
    const auto sent = co_await e.connector.send(as_result, *frame, stop_on(stopped.get_token()));
    if (!sent) CHECK(sent.error() == errc::cancelled);
    std::ranges::fill(*frame, std::byte{0xee});
  });
  const auto last = pattern(50, 99);
  e.start([&]() -> task<void> { co_await e.connector.send(last); });
  e.run([&]() -> task<void> {
    // Whether the frame's sending had begun is open; that it is whole or not there is not.
    auto got = co_await e.acceptor.receive();
    if (got.size() == size) {
      CHECK(same(got.bytes(), pattern(size, 77)));
      got = co_await e.acceptor.receive();
    }
    CHECK(same(got.bytes(), last));
  });
}

TEST_CASE("a send whose time is over already keeps no hold of the caller's bytes",
          "[session][backpressure]") {
  encounter e(GENERATE(from_range(every_level)));
  e.forth.capacity = 5000;
  e.meet();
  const std::size_t size = 100'000;
  e.run([&]() -> task<void> {
    auto frame = std::make_unique<bytes>(pattern(size, 77));
    const auto sent = co_await e.connector.send(as_result, *frame, within(0s));
    if (!sent) CHECK(sent.error() == errc::timed_out);
    std::ranges::fill(*frame, std::byte{0xee});
  });
  const auto last = pattern(50, 99);
  e.start([&]() -> task<void> { co_await e.connector.send(last); });
  e.run([&]() -> task<void> {
    const auto got = co_await e.acceptor.receive();
    CHECK(same(got.bytes(), pattern(size, 77)));
    const auto then = co_await e.acceptor.receive();
    CHECK(same(then.bytes(), last));
  });
}

TEST_CASE("a session that fails while it writes a caller's bytes lets go of them first",
          "[session][backpressure]") {
  // The acceptor sends nonsense while the connector's large frame is stuck half-way: the connector says its
  // farewell behind that frame, whose sender has been told and has freed it.
  const auto level = GENERATE(security_level::none, security_level::authenticated);
  encounter e(level);
  e.forth.capacity = 5000;
  std::size_t answers = 0;
  {
    encounter other(level);
    const auto back = std::make_shared<bytes>();
    other.acceptor_tap.written = back;
    other.meet();
    answers = back->size();
  }
  e.acceptor_tap.flip_at = answers + 4;  // the kind of the first record behind ACCEPT
  e.meet();
  std::error_code outcome;
  const auto swallowed = pattern(100'000, 1);  // one frame is read ahead
  e.start([&]() -> task<void> { co_await e.connector.send(swallowed); });
  e.run();
  e.start([&]() -> task<void> {
    auto frame = std::make_unique<bytes>(pattern(100'000, 1));
    const auto sent = co_await e.connector.send(as_result, *frame);
    outcome = sent.error();
    std::ranges::fill(*frame, std::byte{0xee});
    frame.reset();
  });
  e.start([&]() -> task<void> {
    const auto got = co_await e.connector.receive(as_result);
    CHECK(got.error() == errc::unexpected_record);
  });
  e.settle();
  const auto frame = pattern(10);
  CHECK(!e.acceptor.try_send(frame));
  e.settle();
  CHECK(outcome == errc::unexpected_record);
  // The acceptor reads what still comes: the frame's own bytes, or an end, but never what became of its
  // memory.
  e.run([&]() -> task<void> {
    for (;;) {
      const auto got = co_await e.acceptor.receive(as_result);
      if (!got) {
        CHECK((got.error() == errc::peer_failed || got.error() == errc::truncated ||
               got.error() == condition::transport));
        break;
      }
      CHECK(same(got->bytes(), pattern(100'000, 1)));
    }
  });
}

TEST_CASE("a receive that is given up loses nothing", "[session][backpressure]") {
  encounter e(GENERATE(from_range(every_level)));
  quitter q{GENERATE(way::deadline, way::stop_token, way::signal), {}, {}};
  const bool batch = GENERATE(false, true);
  e.connector_limits.max_record = e.acceptor_limits.max_record = 4096;
  e.forth.largest_read = 1000;
  e.meet();

  for (int round = 0; round < 3; ++round) {
    quitter once{q.how, {}, {}};
    std::error_code outcome;
    bool ended = false;
    std::exception_ptr failure;
    const script play = [&]() -> task<void> {
      if (batch) {
        const auto got = co_await e.acceptor.receive_some(as_result, once.options());
        outcome = got.error();
      } else {
        const auto got = co_await e.acceptor.receive(as_result, once.options());
        outcome = got.error();
      }
    };
    spawn(e, once, play, ended, failure);
    e.settle();
    REQUIRE(!ended);
    once.give_up(e);
    REQUIRE(ended);
    CHECK(!failure);
    CHECK(outcome == once.expected());
  }
  const std::vector<std::size_t> sizes{10, 0, 20'000, 3};
  for (const auto n : sizes)
    e.start([&, n]() -> task<void> {
      const auto frame = pattern(n, n);
      co_await e.connector.send(frame);
    });
  e.run([&]() -> task<void> {
    for (const auto n : sizes) {
      const auto got = co_await e.acceptor.receive();
      CHECK(same(got.bytes(), pattern(n, n)));
    }
  });
}

TEST_CASE("receives that time out again and again while frames drip in lose none of them",
          "[session][backpressure]") {
  encounter e(GENERATE(from_range(every_level)));
  e.forth.delay = 70ms;
  e.forth.time = e.time;
  e.forth.largest_write = 900;
  e.meet();
  constexpr std::size_t frames = 20;
  e.start([&]() -> task<void> {
    for (std::size_t i = 0; i < frames; ++i) {
      const auto frame = pattern(10'000, i);
      co_await e.connector.send(frame);
    }
  });
  std::size_t gave_up = 0;
  e.run([&]() -> task<void> {
    for (std::size_t i = 0; i < frames;) {
      const auto got = co_await e.acceptor.receive(as_result, within(20ms));
      if (!got) {
        REQUIRE(got.error() == errc::timed_out);
        ++gave_up;
        continue;
      }
      REQUIRE(same(got->bytes(), pattern(10'000, i)));
      ++i;
    }
  });
  CHECK(gave_up > 0);
}

TEST_CASE("a second receive at once is told so and does not disturb the first", "[session][backpressure]") {
  encounter e(GENERATE(from_range(every_level)));
  e.meet();
  const auto frame = pattern(10);
  bool first = false;
  e.start([&]() -> task<void> {
    const auto got = co_await e.acceptor.receive();
    first = same(got.bytes(), frame);
  });
  e.settle();
  e.start([&]() -> task<void> {
    const auto second = co_await e.acceptor.receive(as_result);
    CHECK(second.error() == errc::already_receiving);
    const auto third = co_await e.acceptor.receive_some(as_result);
    CHECK(third.error() == errc::already_receiving);
    co_await e.connector.send(frame);
  });
  e.run();
  CHECK(first);
}

TEST_CASE("drain waits until everything queued has left", "[session][backpressure]") {
  encounter e(GENERATE(from_range(every_level)));
  e.forth.capacity = 3000;
  e.meet();
  const auto frame = pattern(500'000);
  for (int i = 0; i < 2; ++i)  // one is read ahead
    e.start([&]() -> task<void> { co_await e.connector.send(frame); });
  e.settle();
  bool drained = false;
  e.start([&]() -> task<void> {
    co_await e.connector.drain();
    drained = true;
  });
  e.settle();
  CHECK(!drained);
  e.run([&]() -> task<void> {
    const auto in_time = co_await e.connector.drain(as_result, within(1s));
    CHECK(in_time.error() == errc::timed_out);
    for (int i = 0; i < 2; ++i) {
      const auto got = co_await e.acceptor.receive();
      CHECK(same(got.bytes(), frame));
    }
  });
  CHECK(drained);
}

}  // namespace coseal::test
