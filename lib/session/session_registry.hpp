#pragma once

#include "session/wait_list.hpp"

#include <coseal/asio.hpp>

#include <memory>

namespace coseal {

/// Lets the execution context of `executor` destroy what waits in a session or listener when the context
/// itself is destroyed, as Asio does for its own operations; a coroutine that holds its session would else
/// keep both alive.
void register_waits(const asio::any_io_executor& executor, const std::shared_ptr<waiter_owner>& made);

}  // namespace coseal
