#pragma once

#include "resume/session_terms.hpp"

#include <coseal/result.hpp>
#include <coseal/session_binding.hpp>

#include <span>
#include <vector>

namespace coseal {

/// What a connector keeps of a session to go on with it: the content of a session_binding.
struct resumable_session {
  session_terms terms;  ///< times by the connector's clock
  coordinate wanted;    ///< whom it had asked for; may be empty
  std::vector<std::byte> ticket;

  session_binding encode() const;
  /// errc::malformed_message.
  static result<resumable_session> parse(const session_binding& binding);
};

}  // namespace coseal
