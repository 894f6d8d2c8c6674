#pragma once

#include <coseal/asio.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace coseal::test {

/// Awaits `work` and hands its value to `done`; for co_spawn, which wants results that can be
/// default-constructed.
template <typename T, typename Done>
task<void> deliver(task<T> work, Done done) {
  T value = co_await std::move(work);
  done(std::move(value));
}

/// Starts `work` on `io` and hands its value to `done`.
template <typename T, typename Done>
void start(asio::io_context& io, task<T> work, Done done) {
  asio::co_spawn(io, deliver(std::move(work), std::move(done)), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });
}

/// Runs one task to its end on a fresh io_context and gives its value: `await(store->get("key"))`.
template <typename T>
T await(task<T> work) {
  asio::io_context io{1};
  std::optional<T> value;
  start(io, std::move(work), [&](T v) { value.emplace(std::move(v)); });
  io.run();
  return std::move(*value);
}

}  // namespace coseal::test
