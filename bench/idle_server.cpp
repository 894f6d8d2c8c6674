// `coseal-bench idle-server`: listens, starts the clients, and when all are connected and have been quiet for
// a moment prints two numbers: bytes of resident memory and of heap for each connection.

#include "idle.hpp"
#include "plain_socket.hpp"
#include "scenarios.hpp"
#include "session_pair.hpp"
#include "sockets.hpp"

#include <asio/awaitable.hpp>
#include <asio/basic_socket_acceptor.hpp>
#include <asio/basic_stream_socket.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <unistd.h>
#include <vector>

namespace coseal::bench {
namespace {

constexpr std::size_t plain_buffer = 4096;  // what a plain server keeps for a read
constexpr std::chrono::seconds quiet_time{3};

std::vector<std::string> client_arguments(const options& o, const std::string& address) {
  std::vector<std::string> arguments = {"idle-clients",
                                        "--address",
                                        address,
                                        "--connections",
                                        std::to_string(o.connections),
                                        "--level",
                                        std::string(to_string(o.levels.front())),
                                        "--aead",
                                        o.aead};
  if (o.plain) arguments.emplace_back("--plain");
  return arguments;
}

/// Measures before and after; counts connections as they are accepted.
class idle_measure {
 public:
  idle_measure(asio::io_context& io, std::size_t wanted) : io_(io), quiet_(io), wanted_(wanted) {}

  void begin() { before_ = memory_in_use::now(); }
  void accepted() {
    if (++accepted_ < wanted_) return;
    quiet_.expires_after(quiet_time);
    quiet_.async_wait([this](std::error_code) {
      after_ = memory_in_use::now();
      io_.stop();
    });
  }
  void print() const {
    const auto n = static_cast<double>(wanted_);
    std::printf("%.0f %.0f\n", (after_.resident - before_.resident) / n, (after_.heap - before_.heap) / n);
  }

 private:
  asio::io_context& io_;
  asio::steady_timer quiet_;
  std::size_t wanted_;
  std::size_t accepted_ = 0;
  memory_in_use before_, after_;
};

task<void> hold_session(session s) {
  while (true) {
    const auto received = co_await s.receive_some(as_result);
    if (!received) co_return;
  }
}

task<void> accept_sessions(listener& listening, idle_measure& measure) {
  const auto executor = co_await asio::this_coro::executor;
  while (true) {
    auto accepted = co_await listening.accept(as_result);
    if (!accepted) throw error(accepted.error());
    asio::co_spawn(executor, hold_session(*std::move(accepted)), rethrow);
    measure.accepted();
  }
}

void serve_sessions(const options& o) {
  asio::io_context io(1);
  session_link link;
  link.carrier = o.carriers.front();
  link.level = o.levels.front();
  link.aead = o.aead;
  listener listening(io.get_executor(), accepting_endpoint(), link.listening(), link.accepting());
  idle_measure measure(io, o.connections);
  measure.begin();
  const child_program clients(client_arguments(o, listening.address()));
  asio::co_spawn(io, accept_sessions(listening, measure), rethrow);
  io.run();
  measure.print();
}

template <typename Protocol>
asio::awaitable<void> hold_socket(asio::basic_stream_socket<Protocol> socket) {
  std::vector<std::byte> buffer(plain_buffer);
  std::error_code error;
  while (!error)
    co_await socket.async_read_some(asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
}

template <typename Protocol>
asio::awaitable<void> accept_sockets(asio::basic_socket_acceptor<Protocol>& acceptor, idle_measure& measure) {
  const auto executor = co_await asio::this_coro::executor;
  while (true) {
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(executor, hold_socket<Protocol>(std::move(socket)), rethrow);
    measure.accepted();
  }
}

template <typename Protocol>
void serve_plain(const options& o, typename Protocol::endpoint where) {
  asio::io_context io(1);
  asio::basic_socket_acceptor<Protocol> acceptor(io, where);
  std::string address;
  if constexpr (std::is_same_v<Protocol, asio::ip::tcp>) {
    address = "127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
  } else {
    address = "unix:" + where.path();
  }
  idle_measure measure(io, o.connections);
  measure.begin();
  const child_program clients(client_arguments(o, address));
  asio::co_spawn(io, accept_sockets(acceptor, measure), rethrow);
  io.run();
  measure.print();
}

}  // namespace

int run_idle_server(const options& o) {
  const bool sockets = o.carriers.front() != carrier_kind::memory;
  if (sockets && raise_descriptor_limit() < o.connections + 64)
    throw std::runtime_error("too few file descriptors allowed (ulimit -Hn) for " +
                             std::to_string(o.connections) + " connections");
  if (o.hibernated) {
    serve_hibernated(o);
  } else if (!o.plain) {
    serve_sessions(o);
  } else if (o.carriers.front() != carrier_kind::unix_socket) {
    serve_plain<asio::ip::tcp>(o, {asio::ip::address_v4::loopback(), 0});
  } else {
    const std::string path = "/tmp/coseal-bench-plain." + std::to_string(getpid()) + ".socket";
    serve_plain<asio::local::stream_protocol>(o, path);
    std::remove(path.c_str());
  }
  return 0;
}

}  // namespace coseal::bench
