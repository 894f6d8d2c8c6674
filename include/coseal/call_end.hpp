#pragma once

#include <coseal/call_error.hpp>
#include <coseal/frame.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <system_error>
#include <utility>

namespace coseal {

/// How one call ended, in bytes: what typed calls are made of.
class call_end {
 public:
  call_end() noexcept = default;
  call_end(call_outcome how, std::error_code why, std::string text = {})
      : outcome_(how), error_(why), text_(std::move(text)) {}
  static call_end replied(frame memory, std::span<const std::byte> body) {
    call_end made(call_outcome::replied, {});
    made.memory_ = std::move(memory);
    made.body_ = body;
    return made;
  }
  static call_end declared(frame memory, std::uint64_t which, std::span<const std::byte> body) {
    call_end made(call_outcome::declared_error, call_errc::declared);
    made.memory_ = std::move(memory);
    made.body_ = body;
    made.which_ = which;
    return made;
  }

  call_outcome outcome() const noexcept { return outcome_; }
  /// Zero when replied.
  std::error_code error() const noexcept { return error_; }
  /// What the peer, or the session, says about the error; for people.
  const std::string& text() const noexcept { return text_; }
  /// Of the reply or the declared error.
  std::span<const std::byte> body() const noexcept { return body_; }
  /// Which of the declared errors.
  std::uint64_t which() const noexcept { return which_; }

 private:
  call_outcome outcome_ = call_outcome::unknown;
  std::error_code error_;
  std::string text_;
  frame memory_;
  std::span<const std::byte> body_;
  std::uint64_t which_ = 0;
};

}  // namespace coseal
