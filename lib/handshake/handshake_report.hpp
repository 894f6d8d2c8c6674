#pragma once

#include "handshake/refusal.hpp"
#include "trust/pin_book.hpp"

#include <coseal/asio.hpp>
#include <coseal/channel_definition.hpp>
#include <coseal/public_key.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <system_error>

namespace coseal {

/// What an error code can not say about a handshake that failed. For people and logs of this side; never
/// sent.
struct handshake_report {
  std::string explanation;           ///< what happened and what to do about it; empty if the code says it all
  std::optional<public_key> shown;   ///< key_changed, not_pinned: the key that the peer proved
  std::optional<public_key> pinned;  ///< key_changed: the one it was pinned to
  std::chrono::milliseconds retry_after{0};  ///< busy: what the peer asks for
};

/// Fills `report` for a peer that the pins did not admit; reads its pin for the fingerprint. `report` may be
/// null.
task<void> explain_refused_pin(handshake_report* report, pin_book& pins, peer_claim claim,
                               std::error_code why);
/// Fills `report` from what the peer said, in clear or sealed. `report` may be null.
void explain_refusal(handshake_report* report, const refusal& said, const channel_definition& own);

}  // namespace coseal
