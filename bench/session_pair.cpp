#include "session_pair.hpp"

#include "own_certificate.hpp"
#include "plain_socket.hpp"
#include "two_cores.hpp"

#include <asio/co_spawn.hpp>

#include <memory>
#include <unistd.h>
#include <utility>

namespace coseal::bench {
namespace {

trust_options open_to_all_levels() {
  trust_options trust;
  trust.ledger = level_ledger_policy::allow;  // one pair of endpoints runs all levels, in any order
  return trust;
}

task<void> accept_one(listener* from, end_of_session then) {
  session accepted = co_await from->accept();
  from->close();
  co_await then(std::move(accepted));
}

task<void> connect_one(session_link link, std::string address, end_of_session then) {
  auto where = transport_from(address, link.sockets(), link.trusting());
  session connected = co_await connect_session(connecting_endpoint(), where.value(), link.connecting());
  co_await then(std::move(connected));
}

task<void> accept_memory(session_link link, std::unique_ptr<duplex_carrier> carrier, end_of_session then) {
  session accepted = co_await accept_session(accepting_endpoint(), std::move(carrier), link.accepting());
  co_await then(std::move(accepted));
}

task<void> connect_memory(session_link link, std::unique_ptr<duplex_carrier> carrier, end_of_session then) {
  session connected = co_await connect_session(connecting_endpoint(), std::move(carrier), link.connecting());
  co_await then(std::move(connected));
}

/// Spawns both ends; the listener, if there is one, must live until they have ended.
std::unique_ptr<listener> spawn_ends(const session_link& link, asio::io_context& connecting,
                                     asio::io_context& accepting, end_of_session connector,
                                     end_of_session acceptor) {
  if (link.carrier == carrier_kind::memory) {
    auto [a, b] = memory_pair(connecting.get_executor(), accepting.get_executor());
    asio::co_spawn(accepting, accept_memory(link, std::move(b), std::move(acceptor)), rethrow);
    asio::co_spawn(connecting, connect_memory(link, std::move(a), std::move(connector)), rethrow);
    return nullptr;
  }
  auto listening = std::make_unique<listener>(accepting.get_executor(), accepting_endpoint(),
                                              link.listening(), link.accepting());
  asio::co_spawn(accepting, accept_one(listening.get(), std::move(acceptor)), rethrow);
  asio::co_spawn(connecting, connect_one(link, listening->address(), std::move(connector)), rethrow);
  return listening;
}

}  // namespace

socket_options session_link::sockets() const {
  socket_options options;
  options.congestion_control = congestion;
  return options;
}

connect_options session_link::connecting() const {
  connect_options options;
  session_limits limits;
  limits.hibernate = hibernate;
  options.level(level).aead(aead).peer(accepting_endpoint().who()).limits(limits);
  return options;
}

accept_options session_link::accepting() const {
  accept_options options;
  session_limits limits;
  limits.hibernate = hibernate;
  options.aead(aead).limits(limits).half_open(100'000, 100'000).sessions(1'000'000, 1'000'000);
  return options;
}

bool session_link::uses_tls() const noexcept {
  return carrier == carrier_kind::tls || carrier == carrier_kind::websocket_tls;
}

tls_options session_link::trusting() const {
  return uses_tls() ? own_certificate::client() : tls_options();
}

listen_address session_link::listening() const {
  if (carrier == carrier_kind::unix_socket)
    return listen_unix("/tmp/coseal-bench." + std::to_string(getpid()) + ".socket", sockets());
  if (carrier == carrier_kind::websocket) return listen_address_from("ws://127.0.0.1:0", sockets()).value();
  if (uses_tls()) {
    const std::string scheme = carrier == carrier_kind::tls ? "tls" : "wss";
    return listen_address_from(scheme + "://127.0.0.1:0", sockets(), own_certificate::server()).value();
  }
  return listen_tcp("127.0.0.1:0", port_sharing::exclusive, sockets());
}

endpoint connecting_endpoint() {
  static const endpoint self(coordinate("bench-connector"), memory_storage(),
                             identity_mode::create_if_missing, open_to_all_levels());
  return self;
}

endpoint accepting_endpoint() {
  static const endpoint self(coordinate("bench-acceptor"), memory_storage(), identity_mode::create_if_missing,
                             open_to_all_levels());
  return self;
}

void run_session_pair(const session_link& link, end_of_session connector, end_of_session acceptor) {
  asio::io_context connecting(1), accepting(1);
  const auto listening = spawn_ends(link, connecting, accepting, std::move(connector), std::move(acceptor));
  run_on_two_cores(
      link.pin, [&] { connecting.run(); }, [&] { accepting.run(); },
      [&] {
        connecting.stop();
        accepting.stop();
      });
}

void run_session_pair_on_one_thread(const session_link& link, end_of_session connector,
                                    end_of_session acceptor) {
  asio::io_context both(1);
  const auto listening = spawn_ends(link, both, both, std::move(connector), std::move(acceptor));
  both.run();
}

}  // namespace coseal::bench
