#include "websocket/outgoing.hpp"

#include "crypto/random.hpp"

#include <asio/error.hpp>

#include <algorithm>
#include <cstring>

namespace coseal::websocket {
namespace {

std::size_t size_of(std::span<const asio::const_buffer> buffers) noexcept {
  std::size_t n = 0;
  for (const auto& each : buffers) n += each.size();
  return n;
}

}  // namespace

std::size_t outgoing::write(duplex_carrier& stream, std::span<const asio::const_buffer> from,
                            std::error_code& error) {
  from = from.first(std::min(from.size(), most_pieces));
  if (left_ == 0) {
    collect_control();
    if (closed_) {
      if ((error = flush(stream))) return 0;
      return error = asio::error::broken_pipe, 0;
    }
    left_ = size_of(from);
    if (left_ == 0) return error.clear(), 0;
    append_header(opcode::binary, left_);
  }
  if (!key_) return write_pieces(stream, from, error);
  if (masked_begin_ == masked_end_) mask_next(from);
  const std::array<asio::const_buffer, 1> masked{
      asio::const_buffer(masked_->data() + masked_begin_, masked_end_ - masked_begin_)};
  const std::size_t n = write_pieces(stream, masked, error);
  masked_begin_ += n;
  if (left_ == 0) masked_ = {};
  return n;
}

/// Writes what is due and then `payload`; says how much of the payload went.
std::size_t outgoing::write_pieces(duplex_carrier& stream, std::span<const asio::const_buffer> payload,
                                   std::error_code& error) {
  std::array<asio::const_buffer, most_pieces + 1> pieces;
  for (;;) {
    std::size_t count = 0;
    if (!due_.empty()) pieces[count++] = asio::const_buffer(due_.data(), due_.size());
    for (std::size_t room = left_; const auto& each : payload) {
      if (room == 0) break;  // a caller with more to say than the frame promised says it in the next one
      const std::size_t n = std::min(room, each.size());
      pieces[count++] = asio::const_buffer(each.data(), n);
      room -= n;
    }
    std::size_t n = stream.try_write_some(std::span(pieces).first(count), error);
    if (error) return 0;
    const std::size_t before = std::min(n, due_.size());
    due_.erase(due_.begin(), due_.begin() + static_cast<std::ptrdiff_t>(before));
    n -= before;
    if (n == 0) continue;  // only what was due; the stream will say when it is full
    left_ -= n;
    return n;
  }
}

/// Copies payload into memory of ours: the caller's bytes are not ours to change.
void outgoing::mask_next(std::span<const asio::const_buffer> from) {
  const std::size_t wanted = std::min(left_, mask_at_once);
  if (!masked_ || masked_->capacity() < wanted) masked_ = slab::acquire(wanted);
  masked_begin_ = masked_end_ = 0;
  for (const auto& each : from) {
    const std::size_t n = std::min(each.size(), wanted - masked_end_);
    apply_mask(masked_->data() + masked_end_, static_cast<const std::byte*>(each.data()), n, *key_, phase_);
    phase_ += n;
    masked_end_ += n;
    if (masked_end_ == wanted) break;
  }
}

std::error_code outgoing::flush(duplex_carrier& stream) {
  for (;;) {
    if (left_ == 0) collect_control();
    if (due_.empty()) return {};
    const std::array<asio::const_buffer, 1> piece{asio::const_buffer(due_.data(), due_.size())};
    std::error_code error;
    const std::size_t n = stream.try_write_some(piece, error);
    if (error) return error;
    due_.erase(due_.begin(), due_.begin() + static_cast<std::ptrdiff_t>(n));
  }
}

void outgoing::queue_pong(std::span<const std::byte> payload) {
  if (closed_ || close_) return;
  pong_.emplace();
  std::ranges::copy(payload, pong_->bytes.begin());
  pong_->size = payload.size();
}

void outgoing::queue_close(close_code code) {
  if (!closed_ && !close_) close_ = code;
}

/// Between two data frames: turns what waited for that into bytes.
void outgoing::collect_control() {
  if (!due_.empty()) return;  // else every ping that the stream has no room to answer would grow it
  if (pong_) {
    append_control(opcode::pong, std::span(pong_->bytes).first(pong_->size));
    pong_.reset();
  }
  if (!close_) return;
  const auto code = static_cast<std::uint16_t>(*close_);
  const std::array<std::byte, 2> payload{static_cast<std::byte>(code >> 8),
                                         static_cast<std::byte>(code & 0xff)};
  append_control(opcode::close, std::span(payload).first(*close_ == close_code::none ? 0 : 2));
  close_.reset();
  closed_ = true;
}

void outgoing::append_control(opcode code, std::span<const std::byte> payload) {
  append_header(code, payload.size());
  const std::size_t at = due_.size();
  queue_raw(payload);
  if (key_) apply_mask(due_.data() + at, due_.data() + at, payload.size(), *key_, 0);
}

void outgoing::append_header(opcode code, std::size_t length) {
  frame_header header;
  header.code = code;
  header.length = length;
  if (self_ == role::client) header.mask = next_key();
  key_ = header.mask;
  phase_ = 0;
  std::array<std::byte, frame_header::largest> bytes;
  const std::size_t n = header.write(bytes);
  queue_raw(std::span(bytes).first(n));
}

/// Strong random numbers, asked for many at a time (RFC 6455 5.3: no application may foresee them).
masking_key outgoing::next_key() {
  if (keys_left_ == 0) {
    fill_random(std::as_writable_bytes(std::span(keys_)));
    keys_left_ = keys_.size();
  }
  return keys_[--keys_left_];
}

}  // namespace coseal::websocket
