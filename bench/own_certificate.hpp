#pragma once

#include <coseal/tls_options.hpp>

namespace coseal::bench {

/// A certificate for 127.0.0.1 that vouches for itself (P-256, by the openssl command), made once a process
/// and removed with it. Throws std::runtime_error without openssl.
struct own_certificate {
  static tls_server_options server();
  static tls_options client();
};

}  // namespace coseal::bench
