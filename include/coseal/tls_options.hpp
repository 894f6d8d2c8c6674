#pragma once

#include <string>
#include <vector>

namespace coseal {

/// Whether a connector believes the server's certificate.
enum class certificate_check {
  required,  ///< signed by an authority that is trusted, for the host of the address, valid now
  none,      ///< whatever comes: hides from those who only listen. The identities inside hold all the same
};

/// What a connector wants of TLS.
struct tls_options {
  // No aggregate: as a default argument in a co_await expression g++ 12 would destroy it twice.
  tls_options() {}

  std::string ca_file;      ///< PEM, the only authorities that are trusted; empty: those of the system
  std::string server_name;  ///< who the certificate must be for, sent as SNI; empty: the host of the address
  std::vector<std::string> alpn;  ///< protocols offered (RFC 7301), the most wanted first; empty: not said
  certificate_check check = certificate_check::required;
};

/// What a listener shows. Its files are read each time that it is opened.
struct tls_server_options {
  tls_server_options() {}

  std::string certificate_file;   ///< PEM: the server's certificate, then those between it and its authority
  std::string key_file;           ///< PEM, not encrypted
  std::vector<std::string> alpn;  ///< protocols served; a client that offers only others is refused
};

}  // namespace coseal
