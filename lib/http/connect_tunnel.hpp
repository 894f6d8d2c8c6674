#pragma once

#include "carrier/carrier_io.hpp"

#include <coseal/result.hpp>

#include <string>

namespace coseal::http {

/// Asks a proxy for a tunnel to `host_and_port` (RFC 9110 9.3.6); after it the stream is the tunnel.
/// `authorization` is the value of Proxy-Authorization, empty for none. Errors: those of carrier_io,
/// http::errc, errc::proxy_refused for any status but 2xx. Bytes behind a 2xx are errc::not_a_response:
/// nothing that goes through a tunnel of ours lets the server speak first.
task<result<void>> connect_tunnel(carrier_io& proxy, std::string host_and_port, std::string authorization,
                                  clock::time_point deadline);

}  // namespace coseal::http
