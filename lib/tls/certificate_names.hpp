#pragma once

#include <string>
#include <string_view>
#include <vector>

struct WOLFSSL_X509;

namespace coseal::tls {

/// Whom a certificate is for: its subjectAltName. The subject's common name says nothing (RFC 9525 6.3).
struct certificate_names {
  std::vector<std::string> dns;
  std::vector<std::string> addresses;  ///< 4 or 16 bytes each

  static certificate_names of(WOLFSSL_X509* certificate);

  /// RFC 9525 6: a name by its labels, case apart, where "*" may stand for the whole first label if two more
  /// follow; an address by its bytes.
  bool include(std::string_view host) const;
};

}  // namespace coseal::tls
