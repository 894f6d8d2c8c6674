#pragma once

#include "bytes/utf8.hpp"
#include "websocket/close_code.hpp"
#include "websocket/frame_header.hpp"

#include <coseal/result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace coseal::websocket {

/// What a decoder tells about frames that are not plain bytes of a message. Payloads are valid during the
/// call.
class frame_sink {
 public:
  /// A message's bytes, unmasked and in order, in one or many calls; `ends` with its last ones, perhaps none.
  virtual void on_data(std::span<const std::byte> payload, bool ends) = 0;
  virtual void on_ping(std::span<const std::byte> payload) = 0;
  virtual void on_pong(std::span<const std::byte> payload) = 0;
  /// close_code::none when the peer gave no code.
  virtual void on_close(close_code code, std::string_view reason) = 0;

 protected:
  ~frame_sink() = default;
};

/// What is taken from the peer.
struct decoder_limits {
  std::uint64_t frame = std::numeric_limits<std::int64_t>::max();    ///< payload of one data frame, bytes
  std::uint64_t message = std::numeric_limits<std::int64_t>::max();  ///< of all frames of a message, bytes
  bool text = false;                                                 ///< text messages too, which are checked
};

/// Frames of one direction, as they come, cut anywhere. Pure: bytes in, payload out, in place. After an error
/// or a Close it takes no more. Errors: close_code, what to close the connection with.
class frame_decoder {
 public:
  frame_decoder(role self, decoder_limits limits) noexcept : self_(self), limits_(limits) {}

  /// Takes all of `raw`. The payload of data frames, unmasked, moves to its front and is told to the sink
  /// from there; returns how many bytes that are.
  result<std::size_t> decode(std::span<std::byte> raw, frame_sink& sink);

  /// Of the data frame that has begun: as many bytes as can be read where they belong, if it is not masked.
  std::uint64_t unmasked_left() const noexcept { return !mask_ && !is_control(code_) ? left_ : 0; }
  bool closed() const noexcept { return closed_; }
  /// True if a message has begun and not ended.
  bool in_message() const noexcept { return message_ != opcode::continuation; }
  /// Text or binary, of the message that on_data tells about.
  opcode message_type() const noexcept { return message_; }

 private:
  result<void> begin_frame();
  result<void> begin_data(const frame_header& header);
  result<void> end_control(frame_sink& sink);
  result<void> end_close(frame_sink& sink);
  result<void> take_data(std::span<const std::byte> payload, frame_sink& sink);

  role self_;
  decoder_limits limits_;

  std::array<std::byte, frame_header::largest> header_{};
  std::size_t header_size_ = 0;  // bytes of it that have come
  bool in_payload_ = false;

  opcode code_ = opcode::binary;
  bool fin_ = true;
  std::optional<masking_key> mask_;
  std::size_t phase_ = 0;
  std::uint64_t left_ = 0;

  opcode message_ = opcode::continuation;  // which means: none
  std::uint64_t message_size_ = 0;
  utf8_validator text_;
  std::array<std::byte, largest_control_payload> control_{};
  std::size_t control_size_ = 0;
  bool closed_ = false;
};

}  // namespace coseal::websocket
