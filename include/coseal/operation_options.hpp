#pragma once

#include <coseal/clock.hpp>

#include <chrono>
#include <optional>
#include <stop_token>

namespace coseal {

/// When an awaited operation gives up: a deadline, a stop token, both or neither. An operation that gives up
/// ends with errc::timed_out or errc::cancelled and leaves the session usable; asio::cancellation_signal
/// works beside it.
class operation_options {
 public:
  operation_options() noexcept {}

  operation_options& within(clock::duration duration) noexcept {
    within_ = duration;
    return *this;
  }
  operation_options& stop(std::stop_token token) noexcept {
    token_ = std::move(token);
    return *this;
  }

  std::optional<clock::duration> duration() const noexcept { return within_; }
  const std::stop_token& token() const noexcept { return token_; }

 private:
  std::optional<clock::duration> within_;
  std::stop_token token_;
};

/// `co_await session.receive(coseal::within(5s))`
inline operation_options within(clock::duration duration) noexcept {
  operation_options options;
  options.within(duration);
  return options;
}
/// `co_await session.receive(coseal::stop_on(source.get_token()))`
inline operation_options stop_on(std::stop_token token) noexcept {
  operation_options options;
  options.stop(std::move(token));
  return options;
}

/// Passed first, makes an operation end in a result<T> instead of throwing coseal::error.
struct as_result_t {
  explicit as_result_t() = default;
};
inline constexpr as_result_t as_result{};

}  // namespace coseal
