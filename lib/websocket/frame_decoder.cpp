#include "websocket/frame_decoder.hpp"

#include <algorithm>
#include <cstring>

namespace coseal::websocket {

result<std::size_t> frame_decoder::decode(std::span<std::byte> raw, frame_sink& sink) {
  std::byte* const front = raw.data();
  std::byte* to = front;
  while (!raw.empty() && !closed_) {
    if (!in_payload_) {
      const std::size_t wanted = frame_header::size_of(std::span(header_).first(header_size_));
      const std::size_t n = std::min(wanted - header_size_, raw.size());
      std::memcpy(header_.data() + header_size_, raw.data(), n);
      header_size_ += n;
      raw = raw.subspan(n);
      if (header_size_ < frame_header::size_of(std::span(header_).first(header_size_))) continue;
      if (const auto begun = begin_frame(); !begun) return begun.error();
      if (left_ != 0) continue;
    }
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, raw.size()));
    const bool control = is_control(code_);
    std::byte* const into = control ? control_.data() + control_size_ : to;
    if (mask_)
      apply_mask(into, raw.data(), n, *mask_, phase_);
    else if (into != raw.data() && n != 0)
      std::memmove(into, raw.data(), n);
    phase_ += n;
    left_ -= n;
    raw = raw.subspan(n);
    if (control) {
      control_size_ += n;
    } else {
      to += n;
      if (const auto taken = take_data({into, n}, sink); !taken) return taken.error();
    }
    if (left_ != 0) continue;
    in_payload_ = false;
    if (!control) continue;
    if (const auto ended = end_control(sink); !ended) return ended.error();
  }
  return static_cast<std::size_t>(to - front);
}

/// The header is whole.
result<void> frame_decoder::begin_frame() {
  const auto header = frame_header::parse(std::span(header_).first(header_size_));
  header_size_ = 0;
  if (!header) return header.error();
  if (header->mask.has_value() != (self_ == role::server)) return close_code::protocol_error;
  if (!is_control(header->code))
    if (const auto begun = begin_data(*header); !begun) return begun.error();
  code_ = header->code;
  fin_ = header->fin;
  mask_ = header->mask;
  left_ = header->length;
  phase_ = 0;
  control_size_ = 0;
  in_payload_ = true;
  return {};
}

result<void> frame_decoder::begin_data(const frame_header& header) {
  if ((header.code == opcode::continuation) != in_message()) return close_code::protocol_error;
  if (header.code == opcode::text && !limits_.text) return close_code::unsupported_data;
  if (header.code != opcode::continuation) {
    message_ = header.code;
    message_size_ = 0;
    text_.reset();
  }
  if (header.length > limits_.frame || header.length > limits_.message - message_size_)
    return close_code::message_too_big;
  message_size_ += header.length;
  return {};
}

result<void> frame_decoder::take_data(std::span<const std::byte> payload, frame_sink& sink) {
  const bool ends = fin_ && left_ == 0;
  if (message_ == opcode::text && (!text_.feed(payload) || (ends && !text_.complete())))
    return close_code::invalid_payload;
  if (payload.empty() && !ends) return {};
  sink.on_data(payload, ends);
  if (ends) message_ = opcode::continuation;
  return {};
}

result<void> frame_decoder::end_control(frame_sink& sink) {
  const auto payload = std::span<const std::byte>(control_).first(control_size_);
  if (code_ == opcode::close) return end_close(sink);
  if (code_ == opcode::ping)
    sink.on_ping(payload);
  else
    sink.on_pong(payload);
  return {};
}

result<void> frame_decoder::end_close(frame_sink& sink) {
  closed_ = true;
  const auto payload = std::span<const std::byte>(control_).first(control_size_);
  if (payload.empty()) return sink.on_close(close_code::none, {}), result<void>();
  if (payload.size() == 1) return close_code::protocol_error;
  const auto code = static_cast<std::uint16_t>(std::to_integer<unsigned>(payload[0]) << 8 |
                                               std::to_integer<unsigned>(payload[1]));
  if (!may_be_sent(code)) return close_code::protocol_error;
  const auto reason = payload.subspan(2);
  utf8_validator text;
  if (!text.feed(reason) || !text.complete()) return close_code::invalid_payload;
  sink.on_close(static_cast<close_code>(code), {reinterpret_cast<const char*>(reason.data()), reason.size()});
  return {};
}

}  // namespace coseal::websocket
