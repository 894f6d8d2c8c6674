#pragma once

#include <coseal/action.hpp>
#include <coseal/call_end.hpp>
#include <coseal/stream.hpp>

#include <any>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

namespace coseal {

/// How one call of A ended, for those who would rather look than catch.
template <action A>
class [[nodiscard]] call_result {
 public:
  using reply = std::conditional_t<std::is_void_v<reply_of<A>>, std::monostate, reply_of<A>>;

  explicit call_result(const call_end& end)
      : outcome_(end.outcome()), error_(end.error()), text_(end.text()) {
    if (outcome_ == call_outcome::replied) read_reply(end);
    if (outcome_ == call_outcome::declared_error) read_declared(end, errors_of<A>());
  }
  /// A streamed answer that has begun.
  explicit call_result(reply begun) : outcome_(call_outcome::replied), reply_(std::move(begun)) {}

  call_outcome outcome() const noexcept { return outcome_; }
  explicit operator bool() const noexcept { return outcome_ == call_outcome::replied; }
  /// Zero when replied; call_errc::declared for a declared error.
  std::error_code error() const noexcept { return error_; }
  const std::string& text() const noexcept { return text_; }

  /// The reply, or what `call` would have thrown.
  reply& value() & {
    rethrow();
    return *reply_;
  }
  reply&& value() && {
    rethrow();
    return *std::move(reply_);
  }
  /// The declared error, if it is an E.
  template <typename E>
  const E* declared() const noexcept {
    static_assert(errors_of<A>::template contains<E>, "coseal: the action does not declare this error");
    return std::any_cast<E>(&declared_);
  }
  void rethrow() const {
    if (outcome_ == call_outcome::replied) return;
    if (raise_ != nullptr) raise_(declared_);
    throw call_error(outcome_, error_,
                     std::string(action_name<A>()) + (text_.empty() ? std::string() : ": " + text_));
  }

 private:
  void malformed() {
    outcome_ = call_outcome::unexpected_error;
    error_ = call_errc::malformed_answer;
  }
  void read_reply(const call_end& end) {
    if constexpr (is_stream<reply>) {
      malformed();
    } else if constexpr (std::is_void_v<reply_of<A>>) {
      reply_.emplace();
      if (!end.body().empty()) malformed();
    } else {
      auto read = decode<reply>(end.body());
      if (read)
        reply_ = *std::move(read);
      else
        malformed();
    }
  }
  template <typename... Errors>
  void read_declared(const call_end& end, coseal::declared<Errors...>) {
    std::uint64_t at = 0;
    const bool known = (false || ... || (at++ == end.which() && read_one<Errors>(end)));
    if (!known) malformed();
  }
  template <typename E>
  bool read_one(const call_end& end) {
    auto read = decode<E>(end.body());
    if (!read) return false;
    declared_ = *std::move(read);
    raise_ = [](const std::any& held) { throw *std::any_cast<E>(&held); };
    return true;
  }

  call_outcome outcome_;
  std::error_code error_;
  std::string text_;
  std::optional<reply> reply_;
  std::any declared_;
  void (*raise_)(const std::any&) = nullptr;
};

}  // namespace coseal
