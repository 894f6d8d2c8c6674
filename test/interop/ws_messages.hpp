#pragma once

#include "carrier/carrier_io.hpp"
#include "websocket/frame_decoder.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace coseal::interop {

struct ws_message {
  ws_message(websocket::opcode kind, std::vector<std::byte> bytes) : type(kind), payload(std::move(bytes)) {}

  websocket::opcode type;
  std::vector<std::byte> payload;
};

/// Whole messages, text and binary, over an upgraded stream: the framing of the carrier without its records.
class ws_messages final : private websocket::frame_sink {
 public:
  /// `early` came with the upgrade.
  ws_messages(carrier_io& stream, websocket::role self, std::size_t max_message,
              std::vector<std::byte> early);

  /// The next message; none at the end, which has then been answered.
  task<std::optional<ws_message>> read();
  task<bool> write(const ws_message& message);
  /// The code that ended it, whoever sent it.
  websocket::close_code ended_with() const noexcept { return ended_; }

 private:
  void on_data(std::span<const std::byte> payload, bool ends) override;
  void on_ping(std::span<const std::byte> payload) override;
  void on_pong(std::span<const std::byte>) override {}
  void on_close(websocket::close_code code, std::string_view reason) override;

  void queue(websocket::opcode code, std::span<const std::byte> payload);
  void queue_close(websocket::close_code code);
  task<void> finish();

  carrier_io& stream_;
  websocket::role self_;
  websocket::frame_decoder decoder_;
  std::vector<std::byte> early_, partial_, out_, buffer_;
  std::deque<ws_message> ready_;
  bool over_ = false;
  websocket::close_code ended_ = websocket::close_code::abnormal;
};

}  // namespace coseal::interop
