// `coseal-bench idle-server --hibernated`: the same with sessions that hibernate. When all do, prints bytes
// for each connection, resident, of heap and of the kernel (both its sockets), and then what it takes to wake
// some at random: microseconds from a PING to its PONG, with both ends asleep before.

#include "idle.hpp"
#include "plain_socket.hpp"
#include "scenarios.hpp"
#include "session_pair.hpp"
#include "statistics.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace coseal::bench {
namespace {

constexpr std::size_t wakes = 2000;
constexpr std::size_t handshakes_at_once = 32;

/// What the kernel's own objects take, of the whole machine: sockets are most of what changes here.
double kernel_memory() {
  std::ifstream from("/proc/meminfo");
  for (std::string word; from >> word;) {
    double kilobytes = 0;
    if (word == "Slab:" && from >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

task<void> pause(std::chrono::milliseconds how_long) {
  asio::steady_timer timer(co_await asio::this_coro::executor, how_long);
  co_await timer.async_wait(asio::use_awaitable);
}

/// Holds what is measured; one coroutine goes through it.
class hibernation_measure {
 public:
  hibernation_measure(const options& o, asio::io_context& io) : o_(o), io_(io) {
    link_.carrier = o.carriers.front();
    link_.level = o.levels.front();
    link_.aead = o.aead;
    link_.hibernate = std::chrono::seconds(1);
    sessions_.reserve(2 * o.connections);
  }

  void run() {
    before_ = memory_in_use::now();
    kernel_before_ = kernel_memory();
    std::unique_ptr<listener> listening;
    std::unique_ptr<child_program> clients;
    if (link_.carrier == carrier_kind::memory) {
      ends_ = 2 * o_.connections;
      left_ = o_.connections;
      for (std::size_t i = 0; i < handshakes_at_once; ++i) asio::co_spawn(io_, join_pairs(), rethrow);
    } else {
      ends_ = o_.connections;
      listening = std::make_unique<listener>(io_.get_executor(), accepting_endpoint(), link_.listening(),
                                             link_.accepting());
      asio::co_spawn(io_, accept_from(*listening), rethrow);
      clients = std::make_unique<child_program>(std::vector<std::string>{
          "idle-clients", "--hibernated", "--address", listening->address(), "--connections",
          std::to_string(o_.connections), "--level", std::string(to_string(link_.level)), "--aead", o_.aead});
    }
    io_.run();
  }

 private:
  void hold(session s) {
    sessions_.push_back(std::make_unique<session>(std::move(s)));
    sessions_.back()->when_receivable([] {});
    if (sessions_.size() == ends_) asio::co_spawn(io_, measure(), rethrow);
  }
  task<void> accept_from(listener& from) {
    while (true) {
      session s = co_await from.accept();
      hold(std::move(s));
    }
  }
  task<void> accept_one(std::unique_ptr<duplex_carrier> carrier) {
    session s = co_await accept_session(accepting_endpoint(), std::move(carrier), link_.accepting());
    hold(std::move(s));
  }
  task<void> join_pairs() {
    const auto executor = co_await asio::this_coro::executor;
    while (left_ > 0) {
      --left_;
      auto [a, b] = memory_pair(executor, executor);
      asio::co_spawn(executor, accept_one(std::move(b)), rethrow);
      session s = co_await connect_session(connecting_endpoint(), std::move(a), link_.connecting());
      co_await s.accepted();
      hold(std::move(s));
    }
  }

  std::size_t asleep() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(sessions_, [](const auto& s) { return s->info().hibernating; }));
  }

  task<void> measure() {
    // Some are always awake for a moment, for their keepalive.
    for (int tries = 0; asleep() < ends_ - ends_ / 100; ++tries) {
      if (tries == 60) throw std::runtime_error("the sessions do not hibernate");
      co_await pause(std::chrono::milliseconds(500));
    }
    const auto after = memory_in_use::now();
    const auto kernel = kernel_memory() - kernel_before_;
    const auto n = static_cast<double>(ends_);
    latencies took;
    std::mt19937_64 random(1);
    for (std::size_t i = 0; i < wakes; ++i) {
      session& one = *sessions_[random() % sessions_.size()];
      const auto there_and_back = co_await one.ping();
      took.add(there_and_back);
    }
    std::printf("%.0f %.0f %.0f %.1f %.1f\n", (after.resident - before_.resident) / n,
                (after.heap - before_.heap) / n, kernel / static_cast<double>(o_.connections),
                took.quantile_us(0.5).value_or(0), took.quantile_us(0.99).value_or(0));
    std::fflush(stdout);
    io_.stop();
  }

  const options& o_;
  asio::io_context& io_;
  session_link link_;
  memory_in_use before_;
  double kernel_before_ = 0;
  std::size_t ends_ = 0;
  std::size_t left_ = 0;
  std::vector<std::unique_ptr<session>> sessions_;
};

}  // namespace

void serve_hibernated(const options& o) {
  asio::io_context io(1);
  hibernation_measure measure(o, io);
  measure.run();
}

}  // namespace coseal::bench
