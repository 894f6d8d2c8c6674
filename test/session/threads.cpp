// Sessions used from many threads, in real time; mostly for the thread sanitizer. Catch's assertions are for
// one thread, so that what went wrong is counted and checked at the end.

#include "session/stage.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/steady_timer.hpp>

#include <atomic>
#include <cstring>
#include <future>
#include <thread>

namespace coseal::test {
namespace {

enum class road { memory, tcp };

/// Two ends of a session on one context or two, run by a pool of threads.
class pool {
 public:
  pool(security_level level, road over, int threads, bool two_contexts, memory_knobs knobs = {}) {
    asio::io_context& other = two_contexts ? second_ : first_;
    connect_options connecting;
    connecting.peer(coordinate("backend")).level(level);
    const endpoint connector_side(coordinate("frontend", "one"), memory_storage());
    const endpoint acceptor_side(coordinate("backend", "main"), memory_storage());
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this] { first_.run(); });
      if (two_contexts) threads_.emplace_back([this] { second_.run(); });
    }
    if (over == road::memory) {
      auto ends = memory_pair(first_.get_executor(), other.get_executor(), knobs, knobs);
      auto a = spawn(other, accept_session(acceptor_side, std::move(ends.second)));
      auto c = spawn(first_, connect_session(connector_side, std::move(ends.first), connecting));
      connector = c.get();
      acceptor = a.get();
    } else {
      listener open(other.get_executor(), acceptor_side, listen_tcp("127.0.0.1:0"));
      auto a = spawn(other, open.accept());
      auto c = spawn(first_, connect_session(connector_side, *transport_from(open.address()), connecting));
      connector = c.get();
      acceptor = a.get();
    }
  }
  ~pool() {
    connector = session();
    acceptor = session();
    join();
  }
  void join() {
    first_guard_.reset();
    second_guard_.reset();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

  asio::io_context& first() { return first_; }
  asio::io_context& second() { return second_; }

  /// Runs a coroutine on one of the contexts; its exception counts as one thing that went wrong.
  std::future<void> play(asio::io_context& on, script what) {
    auto held = std::make_shared<script>(std::move(what));
    auto done = std::make_shared<std::promise<void>>();
    asio::co_spawn(on, (*held)(), [this, held, done](std::exception_ptr failure) {
      if (failure) ++wrong;
      done->set_value();
    });
    return done->get_future();
  }

  session connector, acceptor;
  std::atomic<int> wrong{0};

 private:
  static std::future<session> spawn(asio::io_context& on, task<session> work) {
    auto made = std::make_shared<std::promise<session>>();
    asio::co_spawn(on, std::move(work), [made](std::exception_ptr failure, session end) {
      if (failure)
        made->set_exception(failure);
      else
        made->set_value(std::move(end));
    });
    return made->get_future();
  }

  asio::io_context first_, second_;
  asio::executor_work_guard<asio::io_context::executor_type> first_guard_{first_.get_executor()},
      second_guard_{second_.get_executor()};
  std::vector<std::thread> threads_;
};

/// A frame that says who sent it and as which of its frames: `u32 sender | u32 number | that byte, repeated`.
bytes numbered(std::uint32_t sender, std::uint32_t number, std::size_t size) {
  bytes out(std::max<std::size_t>(size, 8), static_cast<std::byte>(sender * 31 + number));
  std::memcpy(out.data(), &sender, 4);
  std::memcpy(out.data() + 4, &number, 4);
  return out;
}

/// True if this is the next frame of its sender.
bool is_next(std::span<const std::byte> frame, std::vector<std::uint32_t>& next) {
  std::uint32_t sender = 0, number = 0;
  if (frame.size() < 8) return false;
  std::memcpy(&sender, frame.data(), 4);
  std::memcpy(&number, frame.data() + 4, 4);
  if (sender >= next.size() || next[sender]++ != number) return false;
  return same(frame, numbered(sender, number, frame.size()));
}

std::size_t size_of(std::uint32_t number) {
  return number % 17 == 0 ? 20'000 : number % 41 == 0 ? 400'000 : 8 + number % 300;
}

constexpr std::uint32_t senders = 4, frames_each = 400;

/// Senders on coroutines and plain threads, receivers, pings, both ways at once; then close from outside.
void play_everything(pool& p, asio::io_context& connector_home, asio::io_context& acceptor_home) {
  std::vector<std::future<void>> all;
  for (const bool forth : {true, false}) {
    session& from = forth ? p.connector : p.acceptor;
    session& to = forth ? p.acceptor : p.connector;
    asio::io_context& home = forth ? connector_home : acceptor_home;
    asio::io_context& there = forth ? acceptor_home : connector_home;
    for (std::uint32_t sender = 0; sender < senders; ++sender)
      all.push_back(p.play(sender % 2 == 0 ? home : there, [&p, &from, sender]() -> task<void> {
        for (std::uint32_t i = 0; i < frames_each;) {
          const auto frame = numbered(sender, i, size_of(i));
          if (i % 5 == 3) {
            frame_buffer lent = from.make_frame(frame.size());
            std::ranges::copy(frame, lent.bytes().begin());
            co_await from.send(std::move(lent));
            ++i;
          } else if (i % 5 == 4 && i + 1 < frames_each) {
            const auto following = numbered(sender, i + 1, size_of(i + 1));
            const std::span<const std::byte> two[] = {frame, following};
            const auto n = co_await from.send_some(two);
            i += static_cast<std::uint32_t>(n);
          } else {
            co_await from.send(frame);
            ++i;
          }
        }
        (void)p;
      }));
    // And one that is no coroutine at all.
    all.push_back(std::async(std::launch::async, [&p, &from] {
      for (std::uint32_t i = 0; i < frames_each;) {
        const auto error = from.try_send(numbered(senders, i, size_of(i)));
        if (!error) {
          ++i;
        } else if (error == asio::error::would_block) {
          std::this_thread::yield();
        } else {
          ++p.wrong;
          return;
        }
      }
    }));
    all.push_back(p.play(there, [&p, &to]() -> task<void> {
      std::vector<std::uint32_t> next(senders + 1);
      for (std::uint32_t taken = 0; taken < (senders + 1) * frames_each;) {
        if (taken % 3 == 0) {
          const auto got = co_await to.receive();
          if (!is_next(got.bytes(), next)) ++p.wrong;
          ++taken;
        } else {
          const auto batch = co_await to.receive_some();
          for (const auto frame : batch) {
            if (!is_next(frame, next)) ++p.wrong;
            ++taken;
          }
        }
      }
    }));
    all.push_back(p.play(home, [&from]() -> task<void> {
      for (int i = 0; i < 10; ++i) (void)co_await from.ping(within(20s));
    }));
    all.push_back(std::async(std::launch::async, [&from] {
      for (int i = 0; i < 200; ++i) {
        (void)from.info();
        (void)from.failure();
        (void)from.explain(errc::truncated);
      }
    }));
  }
  for (auto& each : all) each.get();
  auto one = p.play(connector_home, [&p]() -> task<void> { co_await p.connector.close(); });
  auto other = p.play(acceptor_home, [&p]() -> task<void> { co_await p.acceptor.close(); });
  one.get();
  other.get();
  CHECK(p.wrong == 0);
}

}  // namespace

TEST_CASE("four threads share a session that sends, receives, pings and closes", "[session][threads]") {
  const auto level = GENERATE(from_range(every_level));
  const auto over = GENERATE(road::memory, road::tcp);
  pool p(level, over, 4, false);
  play_everything(p, p.first(), p.first());
}

TEST_CASE("a session's users may live on two contexts", "[session][threads]") {
  const auto level = GENERATE(from_range(every_level));
  const auto over = GENERATE(road::memory, road::tcp);
  pool p(level, over, 1, true);
  play_everything(p, p.first(), p.second());
}

TEST_CASE("sends that are given up from other threads leave the stream whole", "[session][threads]") {
  const auto level = GENERATE(from_range(every_level));
  memory_knobs narrow;
  narrow.capacity = 20'000;
  pool p(level, road::memory, 4, false, narrow);
  std::atomic<std::uint32_t> sent{0}, given_up{0};
  std::vector<std::future<void>> all;
  for (std::uint32_t sender = 0; sender < 3; ++sender)
    all.push_back(p.play(p.first(), [&, sender]() -> task<void> {
      for (std::uint32_t i = 0; i < 150; ++i) {
        std::stop_source stop;
        auto frame = std::make_unique<bytes>(numbered(sender, i, i % 3 == 0 ? 100'000 : 50));
        std::thread canceller([&stop, i] {
          if (i % 7 == 0) std::this_thread::yield();
          stop.request_stop();
        });
        const auto outcome = co_await p.connector.send(as_result, *frame, stop_on(stop.get_token()));
        std::ranges::fill(*frame, std::byte{0xee});
        canceller.join();
        if (outcome)
          ++sent;
        else if (outcome.error() == errc::cancelled)
          ++given_up;
        else
          ++p.wrong;
      }
    }));
  auto taking = p.play(p.first(), [&]() -> task<void> {
    std::vector<std::uint32_t> last(3, 0);
    for (;;) {
      const auto got = co_await p.acceptor.receive(as_result);
      if (!got) {
        if (got.error() != errc::peer_closed) ++p.wrong;
        break;
      }
      // Frames may be missing, since they were given up before they began, but what comes is whole and in
      // order.
      std::uint32_t sender = 0, number = 0;
      std::memcpy(&sender, got->bytes().data(), 4);
      std::memcpy(&number, got->bytes().data() + 4, 4);
      if (sender > 2 || number < last[sender] || !same(got->bytes(), numbered(sender, number, got->size())))
        ++p.wrong;
      if (sender <= 2) last[sender] = number + 1;
    }
    co_await p.acceptor.close();
  });
  for (auto& each : all) each.get();
  auto closing = p.play(p.first(), [&]() -> task<void> { co_await p.connector.close(); });
  closing.get();
  taking.get();
  CHECK(p.wrong == 0);
  CHECK(sent + given_up == 450);
}

TEST_CASE("receives that are given up from other threads lose no frame", "[session][threads]") {
  const auto level = GENERATE(from_range(every_level));
  pool p(level, road::memory, 4, false);
  constexpr std::uint32_t many = 500;
  auto sending = p.play(p.first(), [&]() -> task<void> {
    for (std::uint32_t i = 0; i < many; ++i) {
      const auto frame = numbered(0, i, 100);
      co_await p.connector.send(frame);
      if (i % 10 == 0) co_await p.connector.drain();
    }
  });
  auto taking = p.play(p.first(), [&]() -> task<void> {
    std::vector<std::uint32_t> next(1);
    while (next[0] < many) {
      std::stop_source stop;
      std::thread canceller([&stop] { stop.request_stop(); });
      const auto got = co_await p.acceptor.receive(as_result, stop_on(stop.get_token()));
      canceller.join();
      if (!got && got.error() == errc::cancelled) continue;
      if (!got || !is_next(got->bytes(), next)) {
        ++p.wrong;
        co_return;
      }
    }
  });
  sending.get();
  taking.get();
  CHECK(p.wrong == 0);
}

TEST_CASE("aborting from another thread ends everything whatever is going on", "[session][threads]") {
  const auto level = GENERATE(from_range(every_level));
  for (int round = 0; round < 30; ++round) {
    pool p(level, round % 2 == 0 ? road::memory : road::tcp, 3, false);
    std::vector<std::future<void>> all;
    for (session* end : {&p.connector, &p.acceptor}) {
      all.push_back(p.play(p.first(), [end]() -> task<void> {
        const auto large = pattern(100'000);
        for (;;) {
          const auto sent = co_await end->send(as_result, large);
          if (!sent) co_return;
        }
      }));
      all.push_back(p.play(p.first(), [end]() -> task<void> {
        const auto small = pattern(100);
        for (;;) {
          const auto sent = co_await end->send(as_result, small);
          if (!sent) co_return;
        }
      }));
      all.push_back(p.play(p.first(), [end]() -> task<void> {
        for (;;) {
          const auto got = co_await end->receive(as_result);
          if (!got) co_return;
        }
      }));
      all.push_back(p.play(p.first(), [end]() -> task<void> {
        for (;;) {
          const auto time = co_await end->ping(as_result);
          if (!time && time.error() != asio::error::would_block) co_return;
        }
      }));
    }
    for (int i = 0; i < round; ++i) std::this_thread::yield();
    if (round % 3 == 0) {
      p.connector.abort();
    } else if (round % 3 == 1) {
      p.acceptor.abort();
    } else {
      std::thread both([&] { p.connector.abort(); });
      p.acceptor.abort();
      both.join();
    }
    for (auto& each : all) each.get();
    CHECK(p.wrong == 0);
  }
}

TEST_CASE("many handshakes at once on four threads", "[session][threads]") {
  asio::io_context io;
  const endpoint connector_side(coordinate("frontend", "one"), memory_storage());
  const endpoint acceptor_side(coordinate("backend", "main"), memory_storage());
  accept_options accepting;
  accepting.half_open(1000, 1000);
  auto open =
      std::make_unique<listener>(io.get_executor(), acceptor_side, listen_tcp("127.0.0.1:0"), accepting);
  const auto where = *transport_from(open->address());
  std::atomic<int> met{0}, wrong{0};
  constexpr int many = 60;
  const script visit = [&]() -> task<void> {
    connect_options connecting;
    connecting.peer(coordinate("backend"));
    session end = co_await connect_session(connector_side, where, connecting);
    const auto frame = pattern(100);
    co_await end.send(frame);
    const auto back = co_await end.receive();
    if (!same(back.bytes(), frame)) ++wrong;
    co_await end.close();
  };
  const script serve = [&]() -> task<void> {
    session end = co_await open->accept();
    const auto got = co_await end.receive();
    co_await end.send(got.bytes());
    const auto last = co_await end.receive(as_result);
    if (last.error() != errc::peer_closed) ++wrong;
    co_await end.close();
    if (++met == many) open->close();
  };
  const auto done = [&](std::exception_ptr failure) {
    if (failure) ++wrong;
  };
  for (int i = 0; i < many; ++i) {
    asio::co_spawn(io, serve(), done);
    asio::co_spawn(io, visit(), done);
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { io.run(); });
  for (auto& thread : threads) thread.join();
  CHECK(met == many);
  CHECK(wrong == 0);
}

}  // namespace coseal::test
