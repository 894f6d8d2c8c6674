// The subject of connect: new sessions, each one mutually authenticated at the levels that are.

#include "connect.hpp"
#include "plain_socket.hpp"
#include "session_pair.hpp"
#include "two_cores.hpp"
#include "window.hpp"

#include <asio/co_spawn.hpp>

namespace coseal::bench {
namespace {

/// The acceptor's end of one session: there until the connector leaves.
task<void> hold(session s) {
  const auto end = co_await s.receive_some(as_result);
}

task<void> accept_all(listener& listening) {
  const auto executor = co_await asio::this_coro::executor;
  while (true) {
    auto accepted = co_await listening.accept(as_result);
    if (!accepted) break;
    asio::co_spawn(executor, hold(*std::move(accepted)), rethrow);
  }
}

/// Shared by the connectors; the last one to leave closes the listener.
struct connect_run {
  session_link link;
  transport where;
  listener& listening;
  window counted;
  std::size_t running;
  beginning with;
};

task<void> connect_again_and_again(connect_run& run) {
  connect_options how = run.link.connecting();
  while (!run.counted.over()) {
    session s = co_await connect_session(connecting_endpoint(), run.where, how);
    co_await s.accepted();
    if (how.resume() && s.info().start != session_start::resumed)
      throw error(errc::session_expired, "a session that should have been resumed");
    if (run.with == beginning::resumed) how.resume(s.binding());
    run.counted.add(1);
  }
  if (--run.running == 0) run.listening.close();
}

}  // namespace

run_result connect_session_run(const connect_load& load) {
  session_link link;
  link.carrier = load.carrier;
  link.level = load.level;
  link.aead = load.aead;
  link.congestion = load.congestion;
  asio::io_context connecting(1), accepting(1);
  listener listening(accepting.get_executor(), accepting_endpoint(), link.listening(), link.accepting());
  auto where = transport_from(listening.address(), link.sockets());
  connect_run run{link, where.value(), listening, window(load.warm_up, load.length), load.at_once, load.with};
  asio::co_spawn(accepting, accept_all(listening), rethrow);
  for (std::size_t i = 0; i < load.at_once; ++i)
    asio::co_spawn(connecting, connect_again_and_again(run), rethrow);
  run_on_two_cores(
      load.pin, [&] { connecting.run(); }, [&] { accepting.run(); },
      [&] {
        connecting.stop();
        accepting.stop();
      });
  run_result r;
  r.rate = run.counted.rate();
  return r;
}

}  // namespace coseal::bench
