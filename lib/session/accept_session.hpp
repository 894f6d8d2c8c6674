#pragma once

#include "handshake/handshake_report.hpp"
#include "session/session_core.hpp"

#include <coseal/session.hpp>

#include <functional>
#include <memory>

namespace coseal {

/// The acceptor's handshake on an open carrier, to the end: ACCEPT was sent, the pin is written. `started` is
/// given the session while the handshake runs, so that its owner can abort it.
task<result<std::shared_ptr<session::core>>> accept_on(endpoint self, std::shared_ptr<session::core> core,
                                                       std::string source, accept_options options,
                                                       std::function<bool()> room_for_half_open,
                                                       handshake_report& report);

}  // namespace coseal
