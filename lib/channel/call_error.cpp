#include <coseal/call_error.hpp>

namespace coseal {
namespace {

const char* explain(call_errc code) noexcept {
  switch (code) {
    case call_errc::handler_failed:
      return "the handler failed";
    case call_errc::no_handler:
      return "the peer has no handler for this action";
    case call_errc::malformed_input:
      return "the peer could not read the fields of the action";
    case call_errc::level_too_low:
      return "the handler demands a stronger security level";
    case call_errc::refused:
      return "the call was refused";
    case call_errc::busy:
      return "the peer has too many calls outstanding";
    case call_errc::draining:
      return "the peer takes no more calls";
    case call_errc::handler_timed_out:
      return "the deadline passed while the handler ran";
    case call_errc::handler_cancelled:
      return "the handler was cancelled";
    case call_errc::malformed_answer:
      return "the answer can not be read";
    case call_errc::declared:
      return "an error that the action declares";
    case call_errc::not_in_channel:
      return "the channel has no such action in this direction";
    case call_errc::duplicate_handler:
      return "there is a handler for this action already";
    case call_errc::unexpected_answer:
      return "the peer answered with a stream where a reply was due, or the other way round";
    case call_errc::no_such_client:
      return "no client with this id is connected";
    case call_errc::answer_not_kept:
      return "the handler ran, but its answer was lost with the connection and not kept";
  }
  return nullptr;
}

condition group_of(call_errc code) noexcept {
  switch (code) {
    case call_errc::not_in_channel:
    case call_errc::duplicate_handler:
    case call_errc::no_such_client:
      return condition::misuse;
    case call_errc::no_handler:
    case call_errc::malformed_input:
      return condition::incompatible;
    case call_errc::level_too_low:
    case call_errc::refused:
    case call_errc::busy:
    case call_errc::draining:
      return condition::refused;
    case call_errc::handler_timed_out:
      return condition::timed_out;
    case call_errc::handler_cancelled:
      return condition::cancelled;
    case call_errc::malformed_answer:
      return condition::malformed;
    case call_errc::answer_not_kept:
      return condition::transport;
    case call_errc::handler_failed:
    case call_errc::declared:
    case call_errc::unexpected_answer:
      break;
  }
  return condition::peer_misbehaved;
}

class calls final : public std::error_category {
 public:
  const char* name() const noexcept override { return "coseal.call"; }
  std::string message(int code) const override {
    const char* text = explain(static_cast<call_errc>(code));
    return text != nullptr ? text : "unknown call error " + std::to_string(code);
  }
  std::error_condition default_error_condition(int code) const noexcept override {
    if (explain(static_cast<call_errc>(code)) == nullptr) return {code, *this};
    return group_of(static_cast<call_errc>(code));
  }
};

}  // namespace

std::string_view to_string(call_outcome outcome) noexcept {
  switch (outcome) {
    case call_outcome::replied:
      return "replied";
    case call_outcome::declared_error:
      return "declared error";
    case call_outcome::unexpected_error:
      return "unexpected error";
    case call_outcome::not_sent:
      return "not sent";
    case call_outcome::unknown:
      return "unknown";
  }
  return "?";
}

const std::error_category& call_category() noexcept {
  static const calls category;
  return category;
}

}  // namespace coseal
