#pragma once

#include <coseal/asio.hpp>
#include <coseal/session.hpp>

#include <memory>

namespace coseal {

/// Lets the execution context of `executor` destroy what waits in the session when the context itself is
/// destroyed, as Asio does for its own operations; a coroutine that holds its session would else keep both
/// alive.
void register_session(const asio::any_io_executor& executor, const std::shared_ptr<session::core>& made);

}  // namespace coseal
