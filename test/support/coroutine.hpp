#pragma once

#include <coseal/asio.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <exception>
#include <functional>

namespace coseal::test {

/// Runs one coroutine to its end on a fresh io_context and passes its exception on. `body` outlives the
/// coroutine, so a capturing lambda is safe here.
inline void run(const std::function<task<void>()>& body) {
  asio::io_context io{1};
  std::exception_ptr failure;
  asio::co_spawn(io, body(), [&](std::exception_ptr e) { failure = e; });
  io.run();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace coseal::test
