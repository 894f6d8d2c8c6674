#pragma once

#include "handshake/handshake.hpp"
#include "resume/session_terms.hpp"

#include <optional>

namespace coseal {

/// How an acceptor's side begins: as accept_handshake says, or with a session that goes on.
struct accept_or_resume_outcome {
  accept_outcome accepted;
  /// If agreed.resumed: the session's terms from here on, in force once the connector's first record was
  /// opened. Until then, and until the authorise hook was asked, nothing may be changed or sent.
  std::optional<session_terms> terms;
};

/// R, whatever comes first: HELLO, or RESUME and, where that is refused, HELLO behind it. `wall`: R's time of
/// day.
task<result<accept_or_resume_outcome>> accept_or_resume(handshake_link& link, accept_policy policy,
                                                        std::chrono::milliseconds wall);

}  // namespace coseal
