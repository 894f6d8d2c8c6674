#pragma once

#if defined(COSEAL_NO_WEBSOCKET)
#error "coseal was built without WebSocket: it needs llhttp and nettle, see the options http and websocket"
#endif

#include <coseal/transport.hpp>

#include <string>
#include <vector>

namespace coseal {

/// What a connector says besides the address.
struct websocket_options {
  // No aggregate: as a default argument in a co_await expression g++ 12 would destroy it twice.
  websocket_options() {}

  std::string origin;     ///< sent as Origin; browsers do, others need not
  socket_options socket;  ///< of the TCP connection beneath
  tls_options tls;        ///< of wss://
};

/// Whom an acceptor lets in.
struct listen_websocket_options {
  listen_websocket_options() {}

  /// Web pages that may connect, exactly as browsers name them: "https://app.example". None by default. Who
  /// sends no Origin is no browser, and held to nothing here.
  std::vector<std::string> origins;
  port_sharing sharing = port_sharing::exclusive;
  socket_options socket;
  tls_server_options tls;  ///< of wss://
};

/// Over a WebSocket (RFC 6455, subprotocol coseal.1): "ws://host[:port][/path]", or "wss://..." over TLS;
/// port 80 or 443 where none is said. For browsers, proxies and firewalls; the security is coseal's own, as
/// over any carrier. Throws what tcp() and tls_stream() throw (errc::invalid_address for wss:// in a build
/// without TLS). Errors of the attempt: theirs, and errc::upgrade_refused when another status than 101 comes
/// back.
transport ws(std::string url, websocket_options options = {});
/// Over a stream that is there already, through a proxy for example: `url` says whether TLS comes between,
/// and what is asked for; it leads nowhere by itself.
transport ws(transport stream, std::string url, websocket_options options = {});
/// "host:port", "ws://host:port" or "wss://host:port"; upgrades are taken at any path, which proxies rewrite.
/// Throws, and fails to open, as listen_tcp() and listen_tls() do.
listen_address listen_ws(std::string address, listen_websocket_options options = {});

}  // namespace coseal
