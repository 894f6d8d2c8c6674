// The baseline of connect: plain Asio. The acceptor closes what it has accepted; the connector waits for
// that, so that it never runs ahead of the acceptor, closes and begins anew.

#include "connect.hpp"
#include "plain_socket.hpp"
#include "sockets.hpp"
#include "two_cores.hpp"
#include "window.hpp"

#include <asio/basic_socket_acceptor.hpp>
#include <asio/basic_stream_socket.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include <array>
#include <cstdio>
#include <unistd.h>

namespace coseal::bench {
namespace {

template <typename Protocol>
asio::awaitable<void> accept_all(asio::basic_socket_acceptor<Protocol>& acceptor) {
  std::error_code error;
  while (!error) {
    auto socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
  }
}

/// Shared by the connectors; the last one to leave closes the acceptor.
template <typename Protocol>
struct connect_run {
  typename Protocol::endpoint where;
  std::string congestion;
  window counted;
  std::size_t running;
  std::function<void()> last_has_left;
};

template <typename Protocol>
asio::awaitable<void> connect_again_and_again(connect_run<Protocol>& run) {
  const auto executor = co_await asio::this_coro::executor;
  while (!run.counted.over()) {
    asio::basic_stream_socket<Protocol> socket(executor, run.where.protocol());
    set_tcp_options(socket.native_handle(), run.congestion);
    co_await socket.async_connect(run.where, asio::use_awaitable);
    std::array<char, 1> nothing;
    std::error_code end;
    co_await socket.async_read_some(asio::buffer(nothing), asio::redirect_error(asio::use_awaitable, end));
    run.counted.add(1);
  }
  if (--run.running == 0) run.last_has_left();
}

template <typename Protocol>
run_result connect_over(const connect_load& load, typename Protocol::endpoint where) {
  asio::io_context connecting(1), accepting(1);
  asio::basic_socket_acceptor<Protocol> acceptor(accepting, where);
  set_tcp_options(acceptor.native_handle(), load.congestion);
  connect_run<Protocol> run{acceptor.local_endpoint(), load.congestion, window(load.warm_up, load.length),
                            load.at_once, [&] { asio::post(accepting, [&] { acceptor.close(); }); }};
  asio::co_spawn(accepting, accept_all(acceptor), rethrow);
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

}  // namespace

run_result connect_baseline(const connect_load& load) {
  if (load.carrier != carrier_kind::unix_socket)
    return connect_over<asio::ip::tcp>(load, {asio::ip::address_v4::loopback(), 0});
  const std::string path = "/tmp/coseal-bench-plain." + std::to_string(getpid()) + ".socket";
  std::remove(path.c_str());
  const auto r = connect_over<asio::local::stream_protocol>(load, path);
  std::remove(path.c_str());
  return r;
}

}  // namespace coseal::bench
