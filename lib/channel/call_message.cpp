#include "channel/call_message.hpp"

#include <coseal/codec/decoder.hpp>
#include <coseal/error.hpp>

#include <algorithm>

namespace coseal {
namespace {

constexpr std::byte takes_items_flag{0x01}, trace_flag{0x02};

bool sends(message_sender from, message_kind kind) noexcept {
  switch (kind) {
    case message_kind::call:
    case message_kind::cancel:
    case message_kind::push_credit:
    case message_kind::pushes_taken:
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

bool read_error(decoder& in, call_message& message) noexcept {
  const std::byte* const kind = in.take(1);
  if (kind == nullptr || *kind > static_cast<std::byte>(error_kind::not_kept)) return false;
  message.error = static_cast<error_kind>(*kind);
  if (message.error == error_kind::declared) return in.varint(message.declared);
  return in.left() <= most_error_text;
}

template <std::size_t N>
bool read_id(decoder& in, std::array<std::byte, N>& id) noexcept {
  const std::byte* const read = in.take(N);
  if (read == nullptr) return false;
  std::copy_n(read, N, id.begin());
  return std::ranges::any_of(id, [](std::byte b) { return b != std::byte{0}; });
}

/// As a traceparent: ids of zeros are none.
bool read_trace(decoder& in, trace_context& trace) noexcept {
  if (!read_id(in, trace.trace_id) || !read_id(in, trace.span_id)) return false;
  const std::byte* const flags = in.take(1);
  if (flags == nullptr) return false;
  trace.flags = std::to_integer<std::uint8_t>(*flags) & known_trace_flags;
  return true;
}

bool read_call(decoder& in, call_message& message) noexcept {
  if (!in.varint(message.position) || !in.varint(message.deadline)) return false;
  const std::byte* const flags = in.take(1);
  if (flags == nullptr || (*flags & ~(takes_items_flag | trace_flag)) != std::byte{0}) return false;
  message.takes_items = (*flags & takes_items_flag) != std::byte{0};
  if ((*flags & trace_flag) != std::byte{0} && !read_trace(in, message.trace.emplace())) return false;
  return message.deadline <= longest_deadline;
}

/// What stands behind kind and id, and whether a body may follow.
bool read_fields(decoder& in, call_message& message, bool& has_body) noexcept {
  has_body = true;
  switch (message.kind) {
    case message_kind::call:
      return read_call(in, message);
    case message_kind::push:
      return in.varint(message.position);
    case message_kind::error:
      return read_error(in, message);
    case message_kind::reply:
    case message_kind::item:
      return true;
    case message_kind::credit:
    case message_kind::push_credit:
      has_body = false;
      return in.varint(message.credit) && message.credit != 0;
    case message_kind::pushes_taken:
      has_body = false;
      return in.varint(message.taken);
    case message_kind::cancel:
    case message_kind::end:
      has_body = false;
      return true;
  }
  return false;
}

}  // namespace

result<call_message> parse_call_message(std::span<const std::byte> frame, message_sender from) noexcept {
  decoder in(frame);
  const std::byte* const kind = in.take(1);
  if (kind == nullptr || *kind == std::byte{0} || *kind > static_cast<std::byte>(message_kind::pushes_taken))
    return errc::malformed_message;
  call_message message;
  message.kind = static_cast<message_kind>(*kind);
  if (!sends(from, message.kind)) return errc::unexpected_record;
  const bool has_id = message.kind != message_kind::push && message.kind != message_kind::push_credit &&
                      message.kind != message_kind::pushes_taken;
  if (has_id && (!in.varint(message.id) || message.id > largest_id)) return errc::malformed_message;
  bool has_body = false;
  if (!read_fields(in, message, has_body) || (!has_body && in.left() != 0)) return errc::malformed_message;
  message.body = frame.last(in.left());
  return message;
}

message_head::message_head(message_kind kind) noexcept {
  u8(static_cast<std::uint8_t>(kind));
}

message_head& message_head::varint(std::uint64_t value) noexcept {
  size_ = static_cast<std::size_t>(detail::write_varint(bytes_.data() + size_, value) - bytes_.data());
  return *this;
}

message_head& message_head::u8(std::uint8_t value) noexcept {
  bytes_[size_++] = static_cast<std::byte>(value);
  return *this;
}

message_head& message_head::array(std::span<const std::byte> value) noexcept {
  std::ranges::copy(value, bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += value.size();
  return *this;
}

message_head message_head::call(std::uint64_t id, std::uint64_t position, std::uint64_t deadline,
                                bool takes_items, const std::optional<trace_context>& trace) noexcept {
  std::byte flags{0};
  if (takes_items) flags |= takes_items_flag;
  if (trace) flags |= trace_flag;
  message_head made(message_kind::call);
  made.varint(id).varint(position).varint(deadline).u8(std::to_integer<std::uint8_t>(flags));
  if (trace) made.array(trace->trace_id).array(trace->span_id).u8(trace->flags & known_trace_flags);
  return made;
}
message_head message_head::reply(std::uint64_t id) noexcept {
  return message_head(message_kind::reply).varint(id);
}
message_head message_head::declared_error(std::uint64_t id, std::uint64_t which) noexcept {
  message_head made = error(id, error_kind::declared);
  return made.varint(which);
}
message_head message_head::error(std::uint64_t id, error_kind kind) noexcept {
  message_head made(message_kind::error);
  made.error_ = kind;
  return made.varint(id).u8(static_cast<std::uint8_t>(kind));
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
message_head message_head::pushes_taken(std::uint64_t count) noexcept {
  return message_head(message_kind::pushes_taken).varint(count);
}

std::string_view error_text(std::string_view text) noexcept {
  if (text.size() <= most_error_text) return text;
  std::size_t end = most_error_text;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace coseal
