#include "channel/call_message.hpp"

#include "channel/varint.hpp"

#include <coseal/error.hpp>

namespace coseal {
namespace {

constexpr std::uint8_t takes_items_flag = 0x01;

bool sends(message_sender from, message_kind kind) noexcept {
  switch (kind) {
    case message_kind::call:
    case message_kind::cancel:
    case message_kind::push_credit:
      return from == message_sender::connector;
    case message_kind::reply:
    case message_kind::error:
    case message_kind::push:
      return from == message_sender::acceptor;
    case message_kind::item:
    case message_kind::end:
    case message_kind::credit:
      return true;
  }
  return false;
}

void read_error(reader& in, call_message& message) noexcept {
  const std::uint8_t kind = in.u8();
  if (kind > static_cast<std::uint8_t>(error_kind::cancelled)) in.fail();
  message.error = static_cast<error_kind>(kind);
  if (message.error == error_kind::declared)
    message.declared = read_varint(in);
  else if (in.left() > most_error_text)
    in.fail();
  message.body = in.remaining();
}

}  // namespace

result<call_message> parse_call_message(std::span<const std::byte> frame, message_sender from) noexcept {
  reader in(frame);
  const std::uint8_t kind = in.u8();
  if (in.failed() || kind == 0 || kind > static_cast<std::uint8_t>(message_kind::push_credit))
    return errc::malformed_message;
  call_message message;
  message.kind = static_cast<message_kind>(kind);
  if (!sends(from, message.kind)) return errc::unexpected_record;
  if (message.kind != message_kind::push && message.kind != message_kind::push_credit)
    message.id = read_varint(in);
  switch (message.kind) {
    case message_kind::call: {
      message.position = read_varint(in);
      message.deadline = read_varint(in);
      const std::uint8_t flags = in.u8();
      if ((flags & ~takes_items_flag) != 0 || message.deadline > longest_deadline) in.fail();
      message.takes_items = (flags & takes_items_flag) != 0;
      message.body = in.remaining();
      break;
    }
    case message_kind::push:
      message.position = read_varint(in);
      message.body = in.remaining();
      break;
    case message_kind::error:
      read_error(in, message);
      break;
    case message_kind::reply:
    case message_kind::item:
      message.body = in.remaining();
      break;
    case message_kind::credit:
    case message_kind::push_credit:
      message.credit = read_varint(in);
      if (message.credit == 0) in.fail();
      break;
    case message_kind::cancel:
    case message_kind::end:
      break;
  }
  if (!in.complete()) return errc::malformed_message;
  return message;
}

message_head::message_head(message_kind kind) noexcept {
  u8(static_cast<std::uint8_t>(kind));
}

message_head& message_head::varint(std::uint64_t value) noexcept {
  size_ = static_cast<std::size_t>(write_varint(bytes_.data() + size_, value) - bytes_.data());
  return *this;
}

message_head& message_head::u8(std::uint8_t value) noexcept {
  bytes_[size_++] = static_cast<std::byte>(value);
  return *this;
}

message_head message_head::call(std::uint64_t id, std::uint64_t position, std::uint64_t deadline,
                                bool takes_items) noexcept {
  return message_head(message_kind::call)
      .varint(id)
      .varint(position)
      .varint(deadline)
      .u8(takes_items ? takes_items_flag : 0);
}
message_head message_head::reply(std::uint64_t id) noexcept {
  return message_head(message_kind::reply).varint(id);
}
message_head message_head::declared_error(std::uint64_t id, std::uint64_t which) noexcept {
  return message_head(message_kind::error)
      .varint(id)
      .u8(static_cast<std::uint8_t>(error_kind::declared))
      .varint(which);
}
message_head message_head::error(std::uint64_t id, error_kind kind) noexcept {
  return message_head(message_kind::error).varint(id).u8(static_cast<std::uint8_t>(kind));
}
message_head message_head::cancel(std::uint64_t id) noexcept {
  return message_head(message_kind::cancel).varint(id);
}
message_head message_head::push(std::uint64_t position) noexcept {
  return message_head(message_kind::push).varint(position);
}
message_head message_head::item(std::uint64_t id) noexcept {
  return message_head(message_kind::item).varint(id);
}
message_head message_head::end(std::uint64_t id) noexcept {
  return message_head(message_kind::end).varint(id);
}
message_head message_head::credit(std::uint64_t id, std::uint64_t more) noexcept {
  return message_head(message_kind::credit).varint(id).varint(more);
}

message_head message_head::push_credit(std::uint64_t more) noexcept {
  return message_head(message_kind::push_credit).varint(more);
}

std::string_view error_text(std::string_view text) noexcept {
  if (text.size() <= most_error_text) return text;
  std::size_t end = most_error_text;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace coseal
