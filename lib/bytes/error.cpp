#include <coseal/error.hpp>

#include <asio/error.hpp>

#include <cerrno>
#include <string>

namespace coseal {
namespace {

/// One sentence per code: what happened and, where there is one answer, what to do about it.
const char* explain(errc code) noexcept {
  switch (code) {
    case errc::not_coseal:
      return "the first bytes are not those of a coseal peer; check the address and port";
    case errc::malformed_message:
      return "a message holds a field, length or trailing byte that the protocol does not allow";
    case errc::malformed_record:
      return "a record holds a header or content that the protocol does not allow";
    case errc::record_too_large:
      return "a record is longer than the limit announced for it";
    case errc::frame_too_large:
      return "a frame is longer than max_frame of the side that would receive it; send less or raise its "
             "limit";
    case errc::unknown_critical_extension:
      return "the peer demands an extension that this version of coseal does not know";
    case errc::unexpected_record:
      return "the peer sent a record that is not legal at this point of the connection";
    case errc::bad_record_tag:
      return "a record failed authentication: it was changed on the way, or the two sides hold different "
             "keys";
    case errc::bad_signature:
      return "the peer does not hold the private key of the identity that it shows";
    case errc::bad_finished:
      return "the two sides saw different handshakes: something on the way changed it";
    case errc::bad_key_share:
      return "the peer's ephemeral key is of small order, our own reflected, or otherwise unusable";
    case errc::level_changed:
      return "the acceptor answered with another security level than the one asked for";
    case errc::parameter_changed:
      return "the acceptor chose a version or suite that was not offered";
    case errc::rekey_too_often:
      return "the peer forces key updates faster than the protocol allows";
    case errc::record_limit:
      return "the hard limit of records or bytes under one key is reached; open a new connection";
    case errc::bad_succession:
      return "a succession statement does not verify, or does not lead to the key that the peer shows";
    case errc::truncated:
      return "the connection ended without the peer's CLOSE: data may be missing";
    case errc::peer_failed:
      return "the peer ended the session because of an error that it saw; its log holds the cause";
    case errc::version_unsupported:
      return "the two sides have no protocol version and suite in common; update the older one";
    case errc::channel_mismatch:
      return "the two channel definitions differ where both define something; only append to a definition";
    case errc::no_aead_backend:
      return "no usable AES-256-GCM implementation: install intel-ipsec-mb, build with wolfSSL, or correct "
             "COSEAL_AEAD";
    case errc::level_refused:
      return "the acceptor's policy does not serve the security level asked for";
    case errc::level_below_record:
      return "the coordinate was seen at a stronger security level and may not be claimed at this one";
    case errc::key_changed:
      return "the coordinate is pinned to another key: an attack, or a new identity whose fingerprint must "
             "be confirmed";
    case errc::not_pinned:
      return "the policy demands a pin for this coordinate and there is none; pin its fingerprint first";
    case errc::coordinate_refused:
      return "the acceptor is not the coordinate asked for, or the connector may not claim its own";
    case errc::not_authorised:
      return "the acceptor's authorise hook said no";
    case errc::revoked:
      return "the pin of this key is revoked";
    case errc::busy:
      return "too many handshakes or new pins at the moment; retry later";
    case errc::session_expired:
      return "the session has ended: its ticket or token expired, or the acceptor voided it";
    case errc::request_replayed:
      return "the acceptor has seen this very request before: somebody on the way repeated it";
    case errc::once_not_promised:
      return "the acceptor can not promise to handle this request once: mark it idempotent, or let its "
             "processes "
             "share a store";
    case errc::request_time:
      return "the request reached the acceptor more than 30 seconds away from when it was made";
    case errc::certificate_not_trusted:
      return "no authority that is trusted here vouches for the TLS server's certificate; name its "
             "authority, "
             "or ask who stands in between";
    case errc::certificate_expired:
      return "the TLS server's certificate has expired, or is not valid yet; renew it, or correct this "
             "machine's clock";
    case errc::certificate_wrong_host:
      return "the TLS server's certificate is for another host than the one asked for";
    case errc::handshake_refused:
      return "the peer refused without a reason that can be trusted; its log holds the cause";
    case errc::invalid_coordinate:
      return "a coordinate is environment or environment/instance, each of 1 to 64 characters of A-Z a-z 0-9 "
             ". _ -";
    case errc::invalid_key:
      return "these are not the text or bytes of a public key (64 hexadecimal digits)";
    case errc::invalid_option:
      return "an option is outside its range, or contradicts another";
    case errc::invalid_address:
      return "the address can not be parsed";
    case errc::invalid_channel:
      return "a channel definition that can not work: two actions of one name, or a name that is not allowed";
    case errc::certificate_unusable:
      return "the certificates or the key for TLS can not be read (PEM, the key not encrypted), or do not "
             "belong together";
    case errc::closed:
      return "the session was closed or aborted on this side";
    case errc::peer_closed:
      return "the peer has closed its direction: no more frames will come";
    case errc::used_after_fork:
      return "a session or endpoint of the parent process was used in a child; make a new one after fork";
    case errc::already_receiving:
      return "a receive is already waiting on this session; one at a time";
    case errc::needs_duplex:
      return "HTTP carries calls alone: sessions, streams and pushes need a connection that goes both ways";
    case errc::identity_missing:
      return "the storage holds no identity and the mode forbids making one; run provision_identity first";
    case errc::identity_exists:
      return "the storage already holds another identity";
    case errc::identity_corrupt:
      return "the identity document can not be read; restore it from a backup";
    case errc::storage_failed:
      return "the storage can not be read or written, or does not answer in time; nothing was made up in its "
             "place";
    case errc::storage_corrupt:
      return "the storage's content is not what coseal wrote; restore it from a backup";
    case errc::storage_insecure:
      return "the storage's file is a symbolic link, or others may read or write it; chmod 600 and own it. "
             "Or a Redis may evict keys: set maxmemory-policy noeviction";
    case errc::wrong_passphrase:
      return "the exported identity does not open with this passphrase";
    case errc::timed_out:
      return "the operation's deadline passed";
    case errc::handshake_timed_out:
      return "the handshake did not finish before its deadline";
    case errc::peer_dead:
      return "nothing was heard from the peer for the dead-peer time";
    case errc::cancelled:
      return "cancelled by its caller or by teardown";
    case errc::self_test_failed:
      return "a cryptographic primitive gives wrong results on this machine; do not use it";
    case errc::upgrade_refused:
      return "the server, or a proxy before it, did not open the WebSocket; does it listen at this address "
             "and path?";
    case errc::http_status:
      return "the server, or a proxy before it, did not answer as an acceptor of coseal; is this its address "
             "and "
             "path?";
    case errc::proxy_refused:
      return "the proxy did not open a tunnel: it wants a login, or does not allow this host and port";
    case errc::session_moved:
      return "the session was resumed on another connection and goes on there";
  }
  return nullptr;
}

/// The groups are ranges of errc, in the order of its declaration.
condition group_of(errc code) noexcept {
  if (code <= errc::unknown_critical_extension) return condition::malformed;
  if (code <= errc::peer_failed) return condition::peer_misbehaved;
  if (code <= errc::no_aead_backend) return condition::incompatible;
  if (code <= errc::handshake_refused) return condition::refused;
  if (code <= errc::needs_duplex) return condition::misuse;
  if (code <= errc::wrong_passphrase) return condition::storage;
  if (code <= errc::peer_dead) return condition::timed_out;
  if (code <= errc::cancelled) return condition::cancelled;
  if (code <= errc::self_test_failed) return condition::local;
  return condition::transport;
}

/// What a code of the system or of Asio means to a connection. Storage adapters report storage_failed
/// instead, hence a missing file or a permission here can only come from connecting to or binding an address.
std::error_condition group_of_system(int code) noexcept {
  switch (code) {
    case ECANCELED:
      return condition::cancelled;
    case ETIMEDOUT:
      return condition::timed_out;
    case ECONNRESET:
    case ECONNREFUSED:
    case ECONNABORTED:
    case EPIPE:
    case ENOTCONN:
    case ESHUTDOWN:
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETDOWN:
    case ENETRESET:
    case EADDRINUSE:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case EPROTO:
    case EIO:
    case ENOENT:
    case EACCES:
    case EPERM:
      return condition::transport;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return condition::local;
    default:
      return {};
  }
}

std::error_condition group_of_foreign(const std::error_code& code) noexcept {
  const auto& category = code.category();
  if (category == std::system_category() || category == std::generic_category() ||
      category == asio::error::get_system_category())
    return group_of_system(code.value());
  if (category == asio::error::get_netdb_category() || category == asio::error::get_addrinfo_category())
    return condition::transport;
  if (code == asio::error::eof) return condition::transport;
  return {};
}

class coseal_category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "coseal"; }
  std::string message(int code) const override {
    const char* text = explain(static_cast<errc>(code));
    return text != nullptr ? text : "unknown coseal error " + std::to_string(code);
  }
  std::error_condition default_error_condition(int code) const noexcept override {
    if (explain(static_cast<errc>(code)) == nullptr) return {code, *this};
    return group_of(static_cast<errc>(code));
  }
};

class coseal_condition_category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "coseal.condition"; }
  std::string message(int code) const override {
    switch (static_cast<condition>(code)) {
      case condition::malformed:
        return "bytes that no implementation of the protocol sends";
      case condition::peer_misbehaved:
        return "the peer, or somebody on the way, does not follow the protocol";
      case condition::incompatible:
        return "the two sides have nothing in common";
      case condition::refused:
        return "refused by a policy";
      case condition::misuse:
        return "a call that can not work";
      case condition::storage:
        return "the storage or the identity in it";
      case condition::transport:
        return "the network or the peer's host";
      case condition::timed_out:
        return "a deadline passed";
      case condition::cancelled:
        return "cancelled";
      case condition::local:
        return "this machine";
    }
    return "unknown coseal condition " + std::to_string(code);
  }
  // Codes of coseal itself match through their default_error_condition.
  bool equivalent(const std::error_code& code, int group) const noexcept override {
    return code && code.category() != coseal::error_category() &&
           group_of_foreign(code) == make_error_condition(static_cast<condition>(group));
  }
};

}  // namespace

const std::error_category& error_category() noexcept {
  static const coseal_category category;
  return category;
}

const std::error_category& condition_category() noexcept {
  static const coseal_condition_category category;
  return category;
}

}  // namespace coseal
