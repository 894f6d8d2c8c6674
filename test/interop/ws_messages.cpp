#include "interop/ws_messages.hpp"

#include "crypto/random.hpp"

#include <algorithm>
#include <chrono>

namespace coseal::interop {
namespace {

using websocket::close_code;
using websocket::opcode;

constexpr std::chrono::seconds farewell{5};  // how long the peer has to end the connection after a Close

websocket::decoder_limits limits_of(std::size_t max_message) {
  websocket::decoder_limits limits;
  limits.text = true;
  limits.message = max_message;
  return limits;
}

}  // namespace

ws_messages::ws_messages(carrier_io& stream, websocket::role self, std::size_t max_message,
                         std::vector<std::byte> early)
    : stream_(stream),
      self_(self),
      decoder_(self, limits_of(max_message)),
      early_(std::move(early)),
      buffer_(std::size_t{64} * 1024) {}

task<std::optional<ws_message>> ws_messages::read() {
  for (;;) {
    if (!ready_.empty()) {
      ws_message next = std::move(ready_.front());
      ready_.pop_front();
      co_return next;
    }
    if (over_) {
      co_await finish();
      co_return std::nullopt;
    }
    std::span<std::byte> raw = early_;
    if (early_.empty()) {
      const auto n = co_await stream_.read_some(buffer_);
      if (!n) co_return std::nullopt;
      raw = std::span(buffer_).first(*n);
    }
    const auto decoded = decoder_.decode(raw, *this);
    early_.clear();
    if (!decoded) queue_close(static_cast<close_code>(decoded.error().value()));
    if (!out_.empty()) {
      const auto sent = co_await stream_.write_all(out_);
      out_.clear();
      if (!sent) co_return std::nullopt;
    }
  }
}

task<bool> ws_messages::write(const ws_message& message) {
  if (over_) co_return true;
  queue(message.type, message.payload);
  const auto sent = co_await stream_.write_all(out_);
  out_.clear();
  co_return sent.has_value();
}

/// RFC 6455 7.1.1: the server ends the connection, the client waits for that; neither for ever.
task<void> ws_messages::finish() {
  if (self_ == websocket::role::server) stream_.carrier().shutdown_send();
  const auto latest = stream_.time().now() + farewell;
  for (;;) {
    const auto n = co_await stream_.read_some(buffer_, latest);
    if (!n) co_return;
  }
}

void ws_messages::on_data(std::span<const std::byte> payload, bool ends) {
  partial_.insert(partial_.end(), payload.begin(), payload.end());
  if (!ends) return;
  ready_.emplace_back(decoder_.message_type(), std::move(partial_));
  partial_ = {};
}

void ws_messages::on_ping(std::span<const std::byte> payload) {
  queue(opcode::pong, payload);
}

void ws_messages::on_close(close_code code, std::string_view) {
  queue_close(code);
}

void ws_messages::queue_close(close_code code) {
  const auto value = static_cast<std::uint16_t>(code);
  const std::array<std::byte, 2> payload{static_cast<std::byte>(value >> 8),
                                         static_cast<std::byte>(value & 0xff)};
  queue(opcode::close, std::span(payload).first(code == close_code::none ? 0 : 2));
  over_ = true;
  ended_ = code;
}

void ws_messages::queue(opcode code, std::span<const std::byte> payload) {
  websocket::frame_header header;
  header.code = code;
  header.length = payload.size();
  if (self_ == websocket::role::client) header.mask = random_array<4>();
  std::array<std::byte, websocket::frame_header::largest> head;
  const std::size_t n = header.write(head);
  out_.insert(out_.end(), head.begin(), head.begin() + static_cast<std::ptrdiff_t>(n));
  const std::size_t at = out_.size();
  out_.insert(out_.end(), payload.begin(), payload.end());
  if (header.mask) websocket::apply_mask(out_.data() + at, out_.data() + at, payload.size(), *header.mask, 0);
}

}  // namespace coseal::interop
