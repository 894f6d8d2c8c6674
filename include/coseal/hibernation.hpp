#pragma once

#include <coseal/asio.hpp>

#include <cstddef>

namespace coseal {

/// Memory is short: lets every session of the execution context of `executor` hibernate that has nothing
/// under way, without waiting for its time (session_limits::hibernate). Says how many hibernate now. Takes no
/// connection down and loses nothing. Thread-safe.
std::size_t hibernate_idle_sessions(const asio::any_io_executor& executor);

}  // namespace coseal
