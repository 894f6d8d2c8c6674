#pragma once

#include "handshake/handshake.hpp"
#include "resume/resumable_session.hpp"

#include <optional>

namespace coseal {

/// How a connector's side begins.
struct connect_or_resume_outcome {
  handshake_outcome agreed;
  /// Above level none: what the session can be resumed from once ACCEPT was opened, but for what ACCEPT says.
  std::optional<resumable_session> next;
};

/// I: resumes `from`, if there is something that fits `request`; where it does not fit or is refused, runs
/// connect_handshake on the same link and names the previous session in it. A refusal of RESUME is a hint
/// that anybody on the path can forge: it costs a handshake and nothing else. Other failures end it. `wall`:
/// I's time of day.
task<result<connect_or_resume_outcome>> connect_or_resume(handshake_link& link, connect_request request,
                                                          std::optional<resumable_session> from,
                                                          std::chrono::milliseconds wall);

}  // namespace coseal
