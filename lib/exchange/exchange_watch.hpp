#pragma once
// What calls over HTTP are counted as and told.

#include "observe/observation.hpp"

#include <coseal/security_level.hpp>

#include <string>
#include <system_error>

namespace coseal {

/// A request that was answered by a status.
void watch_response(const observation& by, unsigned status);
/// A secure call that its handler answered, or that got no further because of `why`.
void watch_exchange(const observation& by, std::error_code why, const std::string& source = {},
                    const std::string& text = {});
/// A handshake that led to a session.
void watch_exchange_session(const observation& by, security_level level);

}  // namespace coseal
