#pragma once

#include <coseal/result.hpp>
#include <coseal/tls_options.hpp>

#include <memory>
#include <string>
#include <vector>

struct WOLFSSL_CTX;

namespace coseal::tls {

/// True for lists of names that ALPN (RFC 7301) can carry.
bool is_protocol_list(const std::vector<std::string>& names) noexcept;

/// What all connections of one transport or listener share: certificates, and what is allowed at all. TLS 1.2
/// and 1.3, forward secret AEAD suites, no resumption, no early data, no renegotiation. May be used by many
/// threads at once.
class context {
 public:
  /// errc::certificate_unusable when `ca_file` holds no certificate, or the system knows no authority.
  static result<std::shared_ptr<const context>> for_client(const tls_options& options);
  /// errc::certificate_unusable when a file can not be read or the two do not belong together.
  static result<std::shared_ptr<const context>> for_server(const tls_server_options& options);

  context(const context&) = delete;
  ~context();

  WOLFSSL_CTX* get() const noexcept { return context_; }
  /// As wolfSSL takes them: joined by commas.
  const std::string& alpn() const noexcept { return alpn_; }

 private:
  context(WOLFSSL_CTX* made, const std::vector<std::string>& alpn);

  WOLFSSL_CTX* context_;
  std::string alpn_;
};

}  // namespace coseal::tls
