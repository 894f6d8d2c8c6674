#pragma once

#include <coseal/transport.hpp>

#include <string>

namespace coseal {

/// What a proxy asks of who uses it.
struct proxy_options {
  // No aggregate: as a default argument in a co_await expression g++ 12 would destroy it twice.
  proxy_options() {}

  std::string user;  ///< sent as Proxy-Authorization: Basic (RFC 7617), in clear to an http:// proxy; empty:
                     ///< no login
  std::string password;
  socket_options socket;  ///< of the TCP connection to the proxy
};

/// A stream through an HTTP proxy: CONNECT to `host_and_port` (RFC 9110 9.3.6), which the proxy resolves.
/// `proxy` is "http://host:port". What runs in it goes on top: tls_stream(), ws(). Throws coseal::error
/// (errc::invalid_address; errc::invalid_option for a login that can not be sent). Errors of the attempt:
/// those of tcp(), errc::proxy_refused when another status than 2xx comes back, the category "coseal.http"
/// for what is no proper response. All of it has the deadline of open().
transport via_proxy(std::string proxy, std::string host_and_port, proxy_options options = {});

}  // namespace coseal
