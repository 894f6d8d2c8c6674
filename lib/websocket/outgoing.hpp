#pragma once

#include "bytes/slab.hpp"
#include "websocket/close_code.hpp"
#include "websocket/frame_header.hpp"

#include <coseal/carrier.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace coseal::websocket {

/// A pong that waits.
struct control_payload {
  std::array<std::byte, largest_control_payload> bytes;
  std::size_t size = 0;
};

/// The sending direction: data as one message a write, control frames between them. One caller at a time.
class outgoing {
 public:
  explicit outgoing(role self) noexcept : self_(self) {}

  /// As duplex_carrier::try_write_some. What a frame has begun with must be given again until it is written.
  std::size_t write(duplex_carrier& stream, std::span<const asio::const_buffer> from, std::error_code& error);
  /// Writes what is due besides data, as far as the stream takes it. asio::error::would_block if not all.
  std::error_code flush(duplex_carrier& stream);

  /// Bytes outside of any frame: the upgrade's.
  void queue_raw(std::span<const std::byte> bytes) { due_.insert(due_.end(), bytes.begin(), bytes.end()); }
  /// Only the last ping needs an answer (RFC 6455 5.5.3): what a peer sends can not make us hold more.
  void queue_pong(std::span<const std::byte> payload);
  /// Nothing may follow. A second one is ignored.
  void queue_close(close_code code);

  bool has_due() const noexcept { return !due_.empty() || (left_ == 0 && (pong_ || close_)); }
  bool close_sent() const noexcept { return closed_ && due_.empty(); }

 private:
  static constexpr std::size_t mask_at_once =
      256 * 1024;  // a whole batch: one system call more costs more than the cache
  static constexpr std::size_t most_pieces = 999;  // and one for what is due

  void append_control(opcode code, std::span<const std::byte> payload);
  void append_header(opcode code, std::size_t length);
  void collect_control();
  void mask_next(std::span<const asio::const_buffer> from);
  std::size_t write_pieces(duplex_carrier& stream, std::span<const asio::const_buffer> payload,
                           std::error_code& error);
  masking_key next_key();

  role self_;
  std::vector<std::byte> due_;  // headers and control frames that go before any payload
  std::size_t left_ = 0;        // payload bytes of the data frame that has begun
  std::optional<masking_key> key_;
  std::size_t phase_ = 0;

  slab_ref masked_;  // payload that is masked and not yet written
  std::size_t masked_begin_ = 0, masked_end_ = 0;

  std::optional<control_payload> pong_;
  std::optional<close_code> close_;
  bool closed_ = false;

  std::array<masking_key, 32> keys_;
  std::size_t keys_left_ = 0;
};

}  // namespace coseal::websocket
