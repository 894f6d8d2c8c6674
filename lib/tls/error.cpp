#include "tls/error.hpp"

#include "tls/wolfssl.hpp"

#include <coseal/error.hpp>

#include <string>

namespace coseal::tls {
namespace {

const char* name_of_alert(int description) noexcept {
  switch (description) {
    case unexpected_message:
      return "unexpected_message";
    case bad_record_mac:
      return "bad_record_mac";
    case record_overflow:
      return "record_overflow";
    case handshake_failure:
      return "handshake_failure: no cipher suite or group in common";
    case bad_certificate:
      return "bad_certificate: it does not accept our certificate";
    case unsupported_certificate:
      return "unsupported_certificate: it does not accept our certificate";
    case certificate_revoked:
      return "certificate_revoked: our certificate";
    case certificate_expired:
      return "certificate_expired: our certificate";
    case certificate_unknown:
      return "certificate_unknown: it does not accept our certificate";
    case illegal_parameter:
      return "illegal_parameter";
    case unknown_ca:
      return "unknown_ca: it does not trust the authority of our certificate";
    case access_denied:
      return "access_denied";
    case decode_error:
      return "decode_error";
    case decrypt_error:
      return "decrypt_error";
    case protocol_version:
      return "protocol_version: no version in common";
    case insufficient_security:
      return "insufficient_security";
    case internal_error:
      return "internal_error";
    case inappropriate_fallback:
      return "inappropriate_fallback";
    case user_canceled:
      return "user_canceled";
    case no_renegotiation:
      return "no_renegotiation";
    case missing_extension:
      return "missing_extension";
    case unsupported_extension:
      return "unsupported_extension";
    case unrecognized_name:
      return "unrecognized_name: it does not serve this host";
    case certificate_required:
      return "certificate_required: it wants a certificate of the client";
    case no_application_protocol:
      return "no_application_protocol: no protocol (ALPN) in common";
    default:
      return nullptr;
  }
}

class tls_category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "coseal.tls"; }
  std::string message(int code) const override {
    if (code < 0) return std::string("TLS failed: ") + wolfSSL_ERR_reason_error_string(error_number(code));
    const char* const known = name_of_alert(code);
    return "the peer ended TLS with the alert " + (known != nullptr ? known : std::to_string(code));
  }
  std::error_condition default_error_condition(int code) const noexcept override {
    switch (code) {
      case VERSION_ERROR:
      case UNSUPPORTED_PROTO_VERSION:
      case UNSUPPORTED_SUITE:
      case MATCH_SUITE_ERROR:
      case UNKNOWN_ALPN_PROTOCOL_NAME_E:
      case handshake_failure:
      case protocol_version:
      case insufficient_security:
      case no_application_protocol:
        return condition::incompatible;
      case MEMORY_ERROR:
      case MEMORY_E:
        return condition::local;
      default:
        return code < 0 ? condition::peer_misbehaved : condition::refused;
    }
  }

 private:
  static unsigned long error_number(int code) noexcept { return static_cast<unsigned long>(code); }
};

}  // namespace

const std::error_category& category() noexcept {
  static const tls_category instance;
  return instance;
}

std::error_code error_of(int code) noexcept {
  switch (code) {
    case ASN_NO_SIGNER_E:
    case ASN_SELF_SIGNED_E:
    case ASN_SIG_CONFIRM_E:
    case ASN_PATHLEN_SIZE_E:
    case ASN_PATHLEN_INV_E:
    case ASN_NAME_INVALID_E:
    case NOT_CA_ERROR:
    case MAX_CHAIN_ERROR:
    case VERIFY_CERT_ERROR:
    case KEYUSE_SIGNATURE_E:
    case EXTKEYUSE_AUTH_E:
    case NO_PEER_CERT:
    case NO_PEER_VERIFY:
      return errc::certificate_not_trusted;
    case ASN_AFTER_DATE_E:
    case ASN_BEFORE_DATE_E:
      return errc::certificate_expired;
    case DOMAIN_NAME_MISMATCH:
    case IPADDR_MISMATCH:
      return errc::certificate_wrong_host;
    default:
      return {code, category()};
  }
}

std::error_code error_of_alert(int description) noexcept {
  return {description, category()};
}

}  // namespace coseal::tls
