#pragma once

#include "handshake/handshake.hpp"

#include <chrono>
#include <system_error>
#include <vector>

namespace coseal {

/// The hook's word. One that throws has not said yes. `policy` lasts until completion.
task<result<void>> authorise(const accept_policy& policy, authorisation_request who);

/// Whether a connector that has proved `claim` is let in: pin and ledger, channel, authorisation, in this
/// order. Fills policy.report. `policy` lasts until completion, `channel` too.
task<result<peer_pinned>> judge(const accept_policy& policy, peer_claim claim,
                                const channel_version& channel);

/// One whole REFUSED record, in clear.
std::vector<std::byte> refused_record(std::error_code why, std::chrono::milliseconds retry_after);
/// What is said under seal to a connector that has proved itself.
refusal sealed_refusal(std::error_code why, const accept_policy& policy);

}  // namespace coseal
