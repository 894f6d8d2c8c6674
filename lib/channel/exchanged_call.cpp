#include "channel/exchanged_call.hpp"

#include "channel/handler_run.hpp"

#include <coseal/error.hpp>

#include <asio/dispatch.hpp>

#include <algorithm>

namespace coseal {
namespace {

/// There is one call in a message, and so one id.
constexpr std::uint64_t only_id = 0;

std::vector<std::byte> whole_message(const message_head& head, const payload& body) {
  std::vector<std::byte> message(head.bytes().size() + body.size());
  std::ranges::copy(head.bytes(), message.begin());
  body.write_to(message.data() + head.bytes().size());
  return message;
}

}  // namespace

std::vector<std::byte> exchanged_error(error_kind kind, std::string_view text) {
  return whole_message(message_head::error(only_id, kind),
                       payload(std::as_bytes(std::span(error_text(text)))));
}

void exchanged_call::answer(const message_head& head, const payload& body) {
  if (answer_.empty()) answer_ = whole_message(head, body);
}

bool exchanged_call::try_reply(const payload& given) {
  answer(message_head::reply(only_id), given);
  return true;
}

task<void> exchanged_call::reply(payload given) {
  answer(message_head::reply(only_id), given);
  co_return;
}

void exchanged_call::declare(std::uint64_t which, const payload& error) {
  answer(message_head::declared_error(only_id, which), error);
}

void exchanged_call::refuse(call_errc why, std::string_view text) {
  if (answer_.empty()) answer_ = exchanged_error(kind_of(why), text);
}

task<result<void>> exchanged_call::send_item(payload, operation_options) {
  co_return errc::needs_duplex;
}

task<result<std::optional<std::vector<std::byte>>>> exchanged_call::next_item(operation_options) {
  co_return errc::needs_duplex;
}

void exchanged_call::cancel(error_kind why) {
  asio::dispatch(strand_, [self = shared_from_this(), why] {
    if (self->context_.cancelled_) return;
    self->context_.cancelled_ = true;
    self->cancelled_because_ = why;
    self->stop_.emit(asio::cancellation_type::terminal);
  });
}

}  // namespace coseal
