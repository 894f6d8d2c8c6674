#pragma once

#include <coseal/carrier.hpp>
#include <coseal/tls_options.hpp>
#include <coseal/transport.hpp>

#include <functional>
#include <memory>
#include <string>

namespace coseal {

/// TLS 1.3 or 1.2 beneath a session: for networks and proxies that let nothing else through, and to hide that
/// it is coseal. It may end at a proxy; the security between the two programs stays coseal's own. Errors of
/// the attempt: those of the stream beneath, errc::certificate_not_trusted, errc::certificate_expired,
/// errc::certificate_wrong_host, or of the category "coseal.tls". The handshake has the deadline of open().
/// Throws coseal::error: errc::invalid_address, errc::invalid_option (a name that can be no protocol's),
/// errc::certificate_unusable (ca_file).
transport tls_stream(std::string host_and_port, tls_options options = {}, socket_options socket = {});
/// Over any stream; `server_name` must be said unless no certificate is asked for (errc::invalid_option).
transport tls_stream(transport beneath, tls_options options);

/// "host:port", port 0 for one that the system chooses. Clients are asked for no certificate: sessions
/// authenticate both ends. Throws coseal::error (errc::invalid_address, errc::invalid_option); opening it
/// fails with errc::certificate_unusable when a file can not be read or the two do not belong together.
listen_address listen_tls(std::string host_and_port, tls_server_options options,
                          port_sharing sharing = port_sharing::exclusive, socket_options socket = {});
listen_address listen_tls(listen_address beneath, tls_server_options options);

/// The server's end of TLS over streams that something else accepts; what listen_any_options::tls takes. May
/// be called from many threads. Throws coseal::error (errc::invalid_option, errc::certificate_unusable).
std::function<std::unique_ptr<duplex_carrier>(std::unique_ptr<duplex_carrier>)> terminate_tls(
    tls_server_options options);

}  // namespace coseal
