#pragma once

#include "exit_code.hpp"

#include <coseal/asio.hpp>

#include <functional>
#include <stop_token>

namespace coseal::tool {

/// Runs one coroutine to its end on an io_context of its own. The first SIGINT or SIGTERM asks it to stop,
/// the second ends the process at once. Passes exceptions on.
exit_code run_until_signal(const std::function<task<exit_code>(std::stop_token)>& body);

}  // namespace coseal::tool
