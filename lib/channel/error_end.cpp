#include "channel/error_end.hpp"

#include <coseal/error.hpp>

namespace coseal {
namespace {

std::string text_of(const call_message& message) {
  return {reinterpret_cast<const char*>(message.body.data()), message.body.size()};
}

}  // namespace

call_end end_of(const call_message& message, frame memory) {
  const auto unexpected = [&](call_errc why) {
    return call_end(call_outcome::unexpected_error, why, text_of(message));
  };
  switch (message.error) {
    case error_kind::declared:
      return call_end::declared(std::move(memory), message.declared, message.body);
    case error_kind::failed:
      return unexpected(call_errc::handler_failed);
    case error_kind::no_handler:
      return unexpected(call_errc::no_handler);
    case error_kind::malformed:
      return unexpected(call_errc::malformed_input);
    case error_kind::level:
      return unexpected(call_errc::level_too_low);
    case error_kind::refused:
      return unexpected(call_errc::refused);
    case error_kind::busy:
      return {call_outcome::not_sent, call_errc::busy, text_of(message)};
    case error_kind::draining:
      return {call_outcome::not_sent, call_errc::draining, text_of(message)};
    case error_kind::timed_out:
      return {call_outcome::unknown, call_errc::handler_timed_out, text_of(message)};
    case error_kind::cancelled:
      return {call_outcome::unknown, call_errc::handler_cancelled, text_of(message)};
    case error_kind::duplex:
      return {call_outcome::not_sent, errc::needs_duplex, text_of(message)};
    case error_kind::not_kept:
      return {call_outcome::unknown, call_errc::answer_not_kept, text_of(message)};
  }
  return unexpected(call_errc::handler_failed);
}

}  // namespace coseal
