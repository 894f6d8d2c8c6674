#pragma once

#include <coseal/error.hpp>

#include <string>
#include <string_view>
#include <system_error>

namespace coseal {

/// How a call ended; exactly one of these, always.
enum class call_outcome {
  replied,           ///< the handler's answer
  declared_error,    ///< one of the errors that the action declares, thrown by the handler
  unexpected_error,  ///< the peer got the call and has no answer: call_errc says why
  not_sent,          ///< the handler did not run and will not
  unknown,  ///< sent, and then the deadline passed, the call was cancelled or the connection was lost
};

/// "replied", "declared error", ...
std::string_view to_string(call_outcome outcome) noexcept;

/// What goes wrong with a call beside what errc names (timed_out, cancelled, failures of the session).
enum class call_errc {
  handler_failed = 1,  ///< the handler threw something that its action does not declare
  no_handler,          ///< nobody at the peer handles this action
  malformed_input,     ///< the peer could not read the fields
  level_too_low,       ///< the handler demands a stronger security level
  refused,             ///< middleware at the peer, or here, refused the call
  busy,                ///< the peer has too much outstanding; the handler did not run
  draining,            ///< the peer goes away; the handler did not run
  handler_timed_out,   ///< the deadline passed while the handler ran
  handler_cancelled,   ///< the handler ended by cancellation
  malformed_answer,    ///< the answer, an item or a declared error can not be read
  declared,            ///< the handler threw an error that the action declares
  not_in_channel,      ///< misuse: the channel has no such action in this direction
  duplicate_handler,   ///< misuse: two handlers for one action
  unexpected_answer,   ///< a stream where a reply was due, or the other way round
  no_such_client,      ///< misuse: no client with this id is connected
  answer_not_kept,     ///< the handler ran; its answer was lost with the connection and not kept
};

const std::error_category& call_category() noexcept;
inline std::error_code make_error_code(call_errc code) noexcept {
  return {static_cast<int>(code), call_category()};
}

/// What a call throws that did not end with an answer or a declared error. The code is of call_category,
/// coseal's or the network's; what() names the action and says more where more is known.
class call_error : public error {
 public:
  call_error(call_outcome outcome, std::error_code code, const std::string& context)
      : error(code, context), outcome_(outcome) {}
  call_outcome outcome() const noexcept { return outcome_; }

 private:
  call_outcome outcome_;
};

}  // namespace coseal

template <>
struct std::is_error_code_enum<coseal::call_errc> : std::true_type {};
