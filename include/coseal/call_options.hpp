#pragma once

#include <coseal/operation_options.hpp>
#include <coseal/trace.hpp>

#include <chrono>
#include <optional>
#include <stop_token>

namespace coseal {

/// How long a call may take, what ends it early, and whether it may be asked twice. Chained setters, because
/// g++ 12 destroys aggregates in co_await expressions twice.
class call_options {
 public:
  call_options() noexcept {}
  /// `co_await client.call<greet>("Ada", coseal::within(5s))`
  call_options(operation_options options) noexcept : token_(options.token()) {  // NOLINT: implicit by design
    if (options.duration()) within_ = *options.duration();
  }

  /// From the call to its answer, waiting for a connection included; 30 s by default. Also told to the
  /// handler.
  call_options& within(clock::duration duration) noexcept { return within_ = duration, *this; }
  call_options& stop(std::stop_token token) noexcept { return token_ = std::move(token), *this; }
  /// The handler may run more than once: where the connection is lost before the answer came, the call is
  /// sent again on the next one instead of ending as call_outcome::unknown.
  call_options& idempotent(bool may_run_twice = true) noexcept { return idempotent_ = may_run_twice, *this; }

  /// The trace that the call is part of, and its parent there: `coseal::traced(context.trace())`.
  call_options& trace(std::optional<trace_context> parent) noexcept { return trace_ = parent, *this; }

  clock::duration duration() const noexcept { return within_; }
  const std::stop_token& token() const noexcept { return token_; }
  bool is_idempotent() const noexcept { return idempotent_; }
  const std::optional<trace_context>& trace() const noexcept { return trace_; }

 private:
  clock::duration within_ = std::chrono::seconds(30);
  std::stop_token token_;
  bool idempotent_ = false;
  std::optional<trace_context> trace_;
};

/// `co_await client.call<find>("Ada", coseal::idempotent().within(5s))`
inline call_options idempotent() noexcept {
  call_options options;
  options.idempotent();
  return options;
}

/// `co_await client.call<find>("Ada", coseal::traced(context.trace()))`
inline call_options traced(std::optional<trace_context> parent) noexcept {
  call_options options;
  options.trace(parent);
  return options;
}

}  // namespace coseal
