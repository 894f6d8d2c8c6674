// ws-echo: coseal's WebSocket without its records, for conformance suites and clients of others. Echoes text
// and binary messages as they came.

#include "http/error.hpp"
#include "http/head_writer.hpp"
#include "interop/ws_messages.hpp"
#include "websocket/connect_upgrade.hpp"
#include "websocket/url.hpp"

#include <coseal/error.hpp>
#if defined(COSEAL_HAVE_TLS)
#include <coseal/tls.hpp>
#endif
#include <coseal/transport.hpp>

#include <CLI/CLI.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <csignal>
#include <iostream>

namespace coseal::interop {
namespace {

struct options {
  std::string listen, connect, origin;
  tls_options trust;
  tls_server_options show;
  std::size_t max_message = std::size_t{64} << 20;
};

using request_or_error = result<std::optional<http::parsed<http::request_head>>>;

/// The server's part of the upgrade; what came behind it, or nothing if it was refused.
task<std::optional<std::vector<std::byte>>> accept_upgrade(carrier_io& stream, const options& o) {
  constexpr std::chrono::seconds patience{10};
  websocket::upgrade_policy policy;
  policy.subprotocol.clear();
  if (!o.origin.empty()) policy.origins = {o.origin};
  const auto latest = stream.time().now() + patience;
  std::vector<std::byte> bytes;
  for (;;) {
    std::array<std::byte, 4096> part;
    const auto n = co_await stream.read_some(part, latest);
    if (!n) co_return std::nullopt;
    bytes.insert(bytes.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(*n));
    const request_or_error request = http::parse_request_head(bytes);
    if (request && !*request) continue;
    http::response_head answer(request ? 101 : http::status_of(request.error()));
    if (request) answer = websocket::answer_upgrade((*request)->head, policy);
    if (answer.status != 101) answer.framing = http::body_framing::of_length(0);
    const auto text = http::write_response_head(answer);
    if (!text) co_return std::nullopt;
    const auto sent = co_await stream.write_all(std::as_bytes(std::span(*text)), latest);
    if (!sent || answer.status != 101) co_return std::nullopt;
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>((*request)->size));
    co_return bytes;
  }
}

task<void> echo(ws_messages& messages) {
  for (;;) {
    const auto message = co_await messages.read();
    if (!message) co_return;
    const bool sent = co_await messages.write(*message);
    if (!sent) co_return;
  }
}

task<void> serve_one(std::unique_ptr<duplex_carrier> carrier, const options& o) {
  const auto time = steady_clock();
  carrier_io stream(*carrier, *time);
  auto early = co_await accept_upgrade(stream, o);
  if (early) {
    ws_messages messages(stream, websocket::role::server, o.max_message, *std::move(early));
    co_await echo(messages);
  }
  carrier->close();
}

task<void> serve(acceptor& listening, const options& o) {
  const auto executor = co_await asio::this_coro::executor;
  for (;;) {
    auto carrier = co_await listening.accept();
    if (!carrier && carrier.error() == errc::cancelled) co_return;
    if (carrier) asio::co_spawn(executor, serve_one(*std::move(carrier), o), asio::detached);
  }
}

/// The streams beneath, with TLS where the options say so.
listen_address place(const options& o) {
#if defined(COSEAL_HAVE_TLS)
  if (!o.show.certificate_file.empty()) return listen_tls(o.listen, o.show);
#endif
  return listen_tcp(o.listen);
}
transport way(const websocket::url& where, const options& o) {
#if defined(COSEAL_HAVE_TLS)
  if (where.secure) return tls_stream(where.address(), o.trust);
#else
  static_cast<void>(o);
#endif
  return tcp(where.address());
}

task<int> connect(const options& o) {
  const auto where = websocket::url::parse(o.connect);
  if (!where) {
    std::cerr << "ws-echo: '" << o.connect << "' is no address of a WebSocket\n";
    co_return 1;
  }
  const transport to = way(*where, o);
  const auto executor = co_await asio::this_coro::executor;
  operation_options limits;
  auto carrier = co_await to.open(executor, limits);
  if (!carrier) {
    std::cerr << "ws-echo: " << carrier.error().message() << '\n';
    co_return 1;
  }
  const auto time = steady_clock();
  carrier_io stream(**carrier, *time);
  auto early = co_await websocket::connect_upgrade(stream, where->host, where->target, {}, o.origin,
                                                   time->now() + std::chrono::seconds(10));
  if (!early) {
    std::cerr << "ws-echo: " << early.error().message() << '\n';
    (*carrier)->close();
    co_return 1;
  }
  ws_messages messages(stream, websocket::role::client, o.max_message, *std::move(early));
  co_await echo(messages);
  (*carrier)->close();
  std::cout << "closed with " << static_cast<unsigned>(messages.ended_with()) << std::endl;
  co_return 0;
}

int run(const options& o) {
  asio::io_context io(1);
  int status = 0;
  if (!o.connect.empty()) {
    asio::co_spawn(io, connect(o), [&](std::exception_ptr failure, int code) {
      if (failure) std::rethrow_exception(failure);
      status = code;
    });
    io.run();
    return status;
  }
  auto listening = place(o).open(io.get_executor());
  if (!listening) {
    std::cerr << "ws-echo: " << o.listen << ": " << listening.error().message() << '\n';
    return 1;
  }
  const std::string address = (*listening)->address();
  std::cout << "listening on " << (address.starts_with("tls") ? "wss" : "ws") << address.substr(3)
            << std::endl;
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](std::error_code, int) { io.stop(); });
  asio::co_spawn(io, serve(**listening, o), asio::detached);
  io.run();
  return 0;
}

}  // namespace
}  // namespace coseal::interop

int main(int argc, char** argv) try {
  coseal::interop::options o;
  CLI::App app("Echoes WebSocket messages as they came, as server or as client");
  auto* listen = app.add_option("--listen", o.listen, "Serve at HOST:PORT; port 0 lets the system choose");
  app.add_option("--connect", o.connect,
                 "Connect to ws://HOST[:PORT][/PATH], or wss://, and echo until it closes")
      ->excludes(listen);
  app.add_option("--max-message", o.max_message, "Largest message taken, bytes [67108864]");
  app.add_option("--origin", o.origin,
                 "The one web page that may connect; with --connect, the Origin to send");
  app.add_option("--cert", o.show.certificate_file, "Serve TLS with this certificate chain, PEM");
  app.add_option("--key", o.show.key_file, "Its key, PEM");
  app.add_option("--ca", o.trust.ca_file, "The authorities that wss:// trusts, PEM");
  app.require_option(1, 6);
  CLI11_PARSE(app, argc, argv);
  return coseal::interop::run(o);
} catch (const std::exception& failure) {
  std::cerr << "ws-echo: " << failure.what() << '\n';
  return 1;
}
