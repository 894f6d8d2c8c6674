#pragma once
// The two roles of docs/protocol.md section 4 and 5, up to but not including ACCEPT, which is the first
// record of the traffic that follows. No I/O here: bytes come and go through handshake_link.

#include "bytes/record_header.hpp"
#include "crypto/key_agreement.hpp"
#include "crypto/secret.hpp"
#include "handshake/channel_version.hpp"
#include "handshake/handshake_report.hpp"
#include "handshake/key_schedule.hpp"
#include "handshake/own_randomness.hpp"
#include "handshake/parameters.hpp"
#include "handshake/refusal.hpp"
#include "handshake/transcript.hpp"
#include "trust/endpoint_state.hpp"
#include "trust/pin_book.hpp"
#include "trust/session_book.hpp"

#include <coseal/asio.hpp>
#include <coseal/channel_definition.hpp>
#include <coseal/coordinate.hpp>
#include <coseal/public_key.hpp>
#include <coseal/result.hpp>
#include <coseal/security_level.hpp>
#include <coseal/session_options.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace coseal {

/// A whole record as it came: its header is part of what the handshake authenticates.
struct handshake_record {
  record_header header;
  std::vector<std::byte> body;

  handshake_record() = default;
  handshake_record(record_header h, std::vector<std::byte> b) : header(h), body(std::move(b)) {}
};

/// What a handshake needs of a carrier. Deadline and cancellation are the link's.
class handshake_link {
 public:
  virtual ~handshake_link() = default;
  /// The next record; the link has refused lengths above handshake_limit(kind) before it read a body.
  virtual task<result<handshake_record>> receive() = 0;
  /// Sends whole records.
  virtual task<result<void>> send(std::vector<std::byte> records) = 0;
};

/// What both sides agreed on. `secrets` and `peer_key` exist exactly above level none.
struct handshake_outcome {
  security_level level = security_level::none;
  std::optional<traffic_secrets> secrets;
  std::optional<public_key> peer_key;
  coordinate peer;  ///< proved above none, claimed at none; on a none connector empty until ACCEPT
  parameters peer_parameters;
  channel_version peer_channel;
  std::optional<peer_pinned> pinned;  ///< to commit once ACCEPT was sent or opened; above none
  std::shared_ptr<const loaded_identity> own;
  std::optional<session_id> resumed;  ///< the session that goes on; none: a new one
};

/// What a connector asks for.
struct connect_request {
  std::shared_ptr<endpoint::state> self;
  coordinate wanted;
  security_level level = security_level::encrypted;
  parameters own_parameters;
  channel_definition channel;
  carrier_kind carrier = carrier_kind::duplex;
  handshake_report* report = nullptr;  ///< filled on failure; the caller's, until completion
  own_randomness randomness;
};

/// What an acceptor admits.
struct accept_policy {
  std::shared_ptr<endpoint::state> self;
  bool none = true;  ///< which levels are served
  bool authenticated = true;
  bool encrypted = true;
  bool serves(security_level level) const noexcept;
  parameters own_parameters;
  channel_definition channel;
  std::function<task<bool>(authorisation_request)> authorise;  ///< empty: everybody the pins admit
  std::string source;                                          ///< see peer_claim::source
  /// Asked once the free checks of a HELLO above level none have passed, right before the costly ones: is
  /// there room for one more half-open handshake? False: busy. Empty: always.
  std::function<bool()> room_for_half_open;
  std::chrono::milliseconds retry_after{1'000};  ///< what a peer is told with busy
  handshake_report* report = nullptr;            ///< filled on failure; the caller's, until completion
  own_randomness randomness;
};

/// An acceptor's handshake ends in agreement, or in a refusal that must still be sealed as its record 0.
struct accept_outcome {
  handshake_outcome agreed;
  std::optional<refusal> refused;   ///< to be sent as TRAFFIC content REFUSED
  std::error_code refused_because;  ///< the local error that goes with it
};

/// Runs I up to and including FINISH (HELLO at level none). Errors are those of the checks that failed, or
/// the peer's refusal as an errc (a clear one as version_unsupported, level_refused, channel_mismatch, busy,
/// handshake_refused); before it returns an error it has told the peer what it may. The caller then closes
/// the carrier. An empty request.wanted is anybody: the acceptor is then pinned under its environment alone,
/// since an instance id that nobody asked for would make every impostor a first contact. own_parameters.time
/// is now if it is zero.
task<result<handshake_outcome>> connect_handshake(handshake_link& link, connect_request request);
/// Runs R up to and including the checks of M3 (of HELLO at level none).
task<result<accept_outcome>> accept_handshake(handshake_link& link, accept_policy policy);

}  // namespace coseal
