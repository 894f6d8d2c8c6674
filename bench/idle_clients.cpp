// `coseal-bench idle-clients`: opens the connections, some at a time, and holds them until standard input
// ends.

#include "idle.hpp"
#include "plain_socket.hpp"
#include "scenarios.hpp"
#include "session_pair.hpp"
#include "sockets.hpp"

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace coseal::bench {
namespace {

constexpr std::size_t at_once = 32;

/// What the coroutines that connect share: they take numbers until there are none left.
struct client_run {
  transport where;
  session_link link;
  bool plain;
  std::size_t left;
  std::vector<session> sessions;
  std::vector<std::unique_ptr<duplex_carrier>> sockets;
};

task<void> open_some(client_run& run) {
  const auto executor = co_await asio::this_coro::executor;
  while (run.left > 0) {
    --run.left;
    if (run.plain) {
      auto opened = co_await run.where.open(executor, operation_options());
      run.sockets.push_back(std::move(opened.value()));
      continue;
    }
    session s = co_await connect_session(connecting_endpoint(), run.where, run.link.connecting());
    co_await s.accepted();
    run.sessions.push_back(std::move(s));
  }
}

}  // namespace

int run_idle_clients(const options& o) {
  if (raise_descriptor_limit() < o.connections + 64)
    throw std::runtime_error("too few file descriptors allowed");
  asio::io_context io(1);
  session_link link;
  link.level = o.levels.front();
  link.aead = o.aead;
  if (o.hibernated) link.hibernate = std::chrono::seconds(1);
  auto where = transport_from(o.address);
  client_run run{where.value(), link, o.plain, o.connections, {}, {}};
  for (std::size_t i = 0; i < std::min(at_once, o.connections); ++i)
    asio::co_spawn(io, open_some(run), rethrow);

  // The sessions go on living, keepalive and all, until the server has measured.
  auto work = asio::make_work_guard(io);
  std::thread parent([&] {
    wait_for_end_of_input();
    io.stop();
  });
  try {
    io.run();
  } catch (...) {
    parent.detach();
    throw;
  }
  parent.join();
  return 0;
}

}  // namespace coseal::bench
