#pragma once
// What channels tell the log, in front of the application's own hooks.

#include <coseal/channel_state.hpp>
#include <coseal/coordinate.hpp>
#include <coseal/log.hpp>

#include <exception>
#include <functional>
#include <string_view>

namespace coseal {

using failure_hook = std::function<void(std::string_view action, std::exception_ptr failure)>;
using state_hook = std::function<void(const channel_state&)>;

/// A handler threw what its action does not declare.
failure_hook logged(const log& lines, failure_hook then);
/// The connection of a client to `peer`.
state_hook logged(const log& lines, const coordinate& peer, state_hook then);

}  // namespace coseal
