#pragma once
// The one place that knows which Asio this is. coseal builds against 1.22 (Debian 12) up to 1.38.

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/version.hpp>

#if ASIO_VERSION < 102200
#error "coseal needs Asio 1.22 or newer"
#endif
#if !defined(ASIO_HAS_CO_AWAIT)
#error \
    "coseal needs C++20 coroutines; with clang and Asio 1.22 add -DASIO_HAS_CO_AWAIT=1 -DASIO_HAS_STD_COROUTINE=1 (dependency('coseal') does)"
#endif

namespace coseal {

/// What every coroutine of coseal returns. It runs on the executor that it was spawned on.
template <typename T = void>
using task = asio::awaitable<T>;

}  // namespace coseal
