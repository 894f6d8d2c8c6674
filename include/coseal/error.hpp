#pragma once

#include <coseal/security_level.hpp>

#include <string>
#include <system_error>

namespace coseal {

/// Every way coseal fails on its own account; grouped by coseal::condition. Failures of the network keep the
/// codes of Asio and the system, and compare equal to condition::transport.
enum class errc {
  // malformed: bytes that no implementation of the protocol sends
  not_coseal = 1,              ///< the first bytes are not those of a coseal peer
  malformed_message,           ///< a field, length or trailing byte is wrong
  malformed_record,            ///< a record header or content that the format does not allow
  record_too_large,            ///< a record above the announced limit
  frame_too_large,             ///< a frame above the limit: the peer's (on send) or ours (on receive)
  unknown_critical_extension,  ///< an extension that must be understood and is not
  // peer misbehaved: well formed, but not what an honest peer sends
  unexpected_record,  ///< a record kind that is not legal in this state
  bad_record_tag,     ///< a record failed authentication: tampering, or keys that differ
  bad_signature,      ///< the peer does not hold the key it shows
  bad_finished,       ///< the Finished MAC does not match the transcript
  bad_key_share,      ///< a small-order, reflected or otherwise unusable ephemeral key
  level_changed,      ///< the acceptor answered another level than the one asked for
  parameter_changed,  ///< the acceptor chose a version or suite that was not offered
  rekey_too_often,    ///< the peer forces key updates above the allowed rate
  record_limit,       ///< the hard limit of records or bytes under one key is reached
  bad_succession,     ///< a succession statement that does not verify or does not lead to the key shown
  truncated,          ///< the connection ended without the peer's CLOSE
  peer_failed,        ///< the peer ended the session because of an error that it saw
  // incompatible
  version_unsupported,  ///< no protocol version or suite in common
  channel_mismatch,     ///< the two channel definitions differ where both define something
  no_aead_backend,  ///< no usable AES-256-GCM implementation on this machine; the message names the options
  // refused: by policy, ours or the peer's
  level_refused,       ///< the acceptor does not serve this level
  level_below_record,  ///< the coordinate was seen at a stronger level and may not be claimed at this one
  key_changed,         ///< the coordinate is pinned to another key
  not_pinned,          ///< the policy demands a pin and there is none
  coordinate_refused,  ///< the acceptor is not, or the connector may not be, the coordinate named
  not_authorised,      ///< the authorise hook said no
  revoked,             ///< the pin is revoked
  busy,                ///< too many handshakes or new pins; retry later
  session_expired,     ///< the session can not go on: its ticket or token is void; a new handshake makes
                       ///< another
  request_replayed,    ///< over HTTP: the acceptor has seen this very request before
  once_not_promised,   ///< over HTTP: the acceptor can not tell whether it has; only what is idempotent may
                       ///< pass
  request_time,        ///< over HTTP: the request is too old, or from the future
  certificate_not_trusted,  ///< no authority that is trusted vouches for the TLS server's certificate
  certificate_expired,      ///< the TLS server's certificate is not valid today
  certificate_wrong_host,   ///< the TLS server's certificate is for another host
  handshake_refused,  ///< the peer refused without saying more; unconfirmed, since anyone on the path can say
                      ///< it
  // misuse: a call that can not work
  invalid_coordinate,  ///< characters or lengths that a coordinate may not have
  invalid_key,         ///< text or bytes that are not a public key
  invalid_option,      ///< an option outside its range, or options that contradict each other
  invalid_address,     ///< an address that can not be parsed
  invalid_channel,     ///< a channel definition with two actions of one name, or a name that it may not have
  certificate_unusable,  ///< a certificate, key or list of authorities for TLS that can not be used
  closed,                ///< the session was closed or aborted on this side
  peer_closed,           ///< the peer has closed its direction: no more frames will come
  used_after_fork,       ///< a session or endpoint of the parent process was used in a child
  already_receiving,     ///< two receives at once on one session
  needs_duplex,  ///< a session, a stream or a push where there is only HTTP, which carries calls alone
  // storage and identity
  identity_missing,  ///< the storage holds no identity and the mode forbids making one
  identity_exists,   ///< the storage already holds another identity
  identity_corrupt,  ///< the identity document can not be read
  storage_failed,    ///< the storage can not be read or written
  storage_corrupt,   ///< the storage's content is not what coseal wrote
  storage_insecure,  ///< a file that others may read or write, a symbolic link, a Redis that may evict keys
  wrong_passphrase,  ///< an exported identity does not open with this passphrase
  // timed out
  timed_out,            ///< the operation's own deadline passed
  handshake_timed_out,  ///< the handshake's deadline passed
  peer_dead,            ///< nothing was heard from the peer for the dead-peer time
  // local
  cancelled,         ///< by a stop token, a cancellation signal or teardown
  self_test_failed,  ///< a primitive gives wrong results on this machine
  // transport
  upgrade_refused,  ///< the server, or a proxy before it, answered a WebSocket upgrade with another status
                    ///< than 101
  http_status,      ///< the server, or a proxy before it, answered a call with another status than 200
  proxy_refused,    ///< the proxy answered CONNECT with another status than 2xx
  session_moved,    ///< the session was resumed on another connection and goes on there
};

/// Groups of errc by whose fault it is; compare an error_code with these.
enum class condition {
  malformed = 1,
  peer_misbehaved,
  incompatible,
  refused,
  misuse,
  storage,
  transport,
  timed_out,
  cancelled,
  local,
};

const std::error_category& error_category() noexcept;
const std::error_category& condition_category() noexcept;
inline std::error_code make_error_code(errc code) noexcept {
  return {static_cast<int>(code), error_category()};
}
inline std::error_condition make_error_condition(condition group) noexcept {
  return {static_cast<int>(group), condition_category()};
}

/// What the throwing forms throw: the code, and in what() the peer, level and carrier it happened on and what
/// to do about it, where that is known.
class error : public std::system_error {
 public:
  explicit error(std::error_code code) : std::system_error(code) {}
  error(std::error_code code, const std::string& context) : std::system_error(code, context) {}
};

}  // namespace coseal

template <>
struct std::is_error_code_enum<coseal::errc> : std::true_type {};
template <>
struct std::is_error_condition_enum<coseal::condition> : std::true_type {};
