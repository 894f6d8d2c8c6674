#pragma once

#if defined(COSEAL_NO_WEBSOCKET)
#error "coseal was built without WebSocket: it needs llhttp and nettle, see the options http and websocket"
#endif

#include <coseal/carrier.hpp>
#include <coseal/http.hpp>
#include <coseal/transport.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace coseal {

/// What a port for all protocols does beside its sessions.
class listen_any_options {
 public:
  /// Makes a carrier out of a stream whose first byte begins a TLS record; the handshake is part of its first
  /// reads. Null ends the connection; it must not throw.
  using tls_function = std::function<std::unique_ptr<duplex_carrier>(std::unique_ptr<duplex_carrier> stream)>;

  listen_any_options() {}
  /// Web pages that may open a WebSocket or ask in HTTP, exactly as browsers name them:
  /// "https://app.example". None by default.
  listen_any_options& origins(std::vector<std::string> list) { return origins_ = std::move(list), *this; }
  /// Answers the requests that are no upgrade, on the listener's executor. By default serve_channel does; a
  /// mere listener tells them in 426 or 404 what this port is.
  listen_any_options& http(http_handler answers) { return http_ = std::move(answers), *this; }
  /// Exact values of Host that are answered in HTTP, against DNS rebinding. Empty: all.
  listen_any_options& hosts(std::vector<std::string> list) { return hosts_ = std::move(list), *this; }
  /// Connections of HTTP at once; one more hears 503, one more of a source the end.
  listen_any_options& http_connections(std::size_t in_all, std::size_t a_source) {
    return http_connections_ = in_all, http_connections_a_source_ = a_source, *this;
  }
  /// The longest body of a request, in bytes: by default what an exchange_server takes, and its envelope.
  listen_any_options& max_body(std::size_t bytes) { return max_body_ = bytes, *this; }
  /// Without it TLS is closed without an answer. Inside of TLS the same protocols are told apart again.
  listen_any_options& tls(tls_function terminate) { return tls_ = std::move(terminate), *this; }
  /// What the HTTP side takes its time from.
  listen_any_options& time(std::shared_ptr<clock> source) { return time_ = std::move(source), *this; }

  const std::vector<std::string>& origins() const { return origins_; }
  const http_handler& http() const { return http_; }
  const std::vector<std::string>& hosts() const { return hosts_; }
  std::size_t http_connections() const { return http_connections_; }
  std::size_t http_connections_a_source() const { return http_connections_a_source_; }
  std::size_t max_body() const { return max_body_; }
  const tls_function& tls() const { return tls_; }
  const std::shared_ptr<clock>& time() const { return time_; }

 private:
  std::vector<std::string> origins_;
  http_handler http_;
  std::vector<std::string> hosts_;
  std::size_t http_connections_ = 1024;
  std::size_t http_connections_a_source_ = 128;
  std::size_t max_body_ = 1024 * 1024 + 16 * 1024;
  tls_function tls_;
  std::shared_ptr<clock> time_ = steady_clock();
};

/// One port for all: sessions over the bare stream and over WebSocket, plain HTTP beside them, and TLS where
/// it is given; told apart by the first bytes (docs/protocol.md section 7), within the listener's deadline
/// and its bounds on half-open connections. "host:port", "unix:path" or "any://host:port". Throws
/// coseal::error (errc::invalid_address).
listen_address listen_any(std::string address, listen_any_options options = {});
/// The same over any other place that accepts streams.
listen_address listen_any(listen_address streams, listen_any_options options = {});

/// A port for calls over HTTP alone, to be served by serve_channel: "host:port", "unix:path",
/// "http://host:port", or any other place that accepts streams, such as listen_tls() for "https://". No
/// session ever comes from it. Of the options those of HTTP count.
listen_address listen_http(std::string address, listen_any_options options = {});
listen_address listen_http(listen_address streams, listen_any_options options = {});

}  // namespace coseal
