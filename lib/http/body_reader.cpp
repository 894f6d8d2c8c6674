#include "http/body_reader.hpp"

#include "http/error.hpp"
#include "http/fields.hpp"
#include "http/head_guard.hpp"

#include <algorithm>

namespace coseal::http {
namespace {

int value_of_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

body_reader::body_reader(body_framing framing, const body_limits& limits)
    : framing_(framing), limits_(limits), next_(expecting::nothing) {
  switch (framing.how) {
    case body_framing::kind::none:
      break;
    case body_framing::kind::length:
      left_ = framing.length;
      if (left_ > limits_.bytes) error_ = errc::body_too_large;
      if (left_ != 0) next_ = expecting::content;
      break;
    case body_framing::kind::chunked:
      next_ = expecting::first_digit;
      break;
    case body_framing::kind::until_close:
      next_ = expecting::content;
      break;
  }
}

result<body_piece> body_reader::read(std::span<const std::byte> bytes) {
  if (error_) return error_;
  body_piece piece;
  while (piece.taken < bytes.size() && next_ != expecting::nothing && next_ != expecting::content) {
    error_ = take(static_cast<char>(bytes[piece.taken++]));
    if (error_) return error_;
  }
  if (next_ != expecting::content) return piece;

  const bool until_close = framing_.how == body_framing::kind::until_close;
  const std::size_t rest = bytes.size() - piece.taken;
  const std::size_t n = until_close ? rest : static_cast<std::size_t>(std::min<std::uint64_t>(rest, left_));
  // Lengths and chunks were held against the limit when they were announced.
  if (until_close && n > limits_.bytes - received_) return error_ = errc::body_too_large;
  piece.content = bytes.subspan(piece.taken, n);
  piece.taken += n;
  received_ += n;
  if (until_close) return piece;
  left_ -= n;
  if (left_ == 0)
    next_ = framing_.how == body_framing::kind::chunked ? expecting::chunk_cr : expecting::nothing;
  return piece;
}

result<void> body_reader::end() {
  if (error_) return error_;
  if (framing_.how == body_framing::kind::until_close) next_ = expecting::nothing;
  if (next_ != expecting::nothing) error_ = errc::truncated;
  return error_;
}

std::error_code body_reader::take(char c) {
  const auto only = [this, c](char expected, expecting next) -> std::error_code {
    if (c != expected) return errc::bad_chunk;
    next_ = next;
    return {};
  };
  switch (next_) {
    case expecting::first_digit:
      size_ = 0;
      digits_ = 0;
      next_ = expecting::digit;
      return take_digit(c);
    case expecting::digit:
      // No blanks here: some readers end the size at one, others do not.
      if (c == ';') {
        next_ = expecting::extension;
        return {};
      }
      return c == '\r' ? only('\r', expecting::size_lf) : take_digit(c);
    case expecting::extension:
      if (c == '\r') return only('\r', expecting::size_lf);
      if (!is_value_character(c) || ++extension_bytes_ > limits_.extensions) return errc::bad_chunk;
      return {};
    case expecting::size_lf:
      if (const auto error = only('\n', expecting::content)) return error;
      return end_of_size();
    case expecting::chunk_cr:
      return only('\r', expecting::chunk_lf);
    case expecting::chunk_lf:
      return only('\n', expecting::first_digit);
    case expecting::trailer:
      if (++trailer_bytes_ > limits_.trailers) return errc::head_too_large;
      if (c == '\r') return only('\r', expecting::trailer_lf);
      if (c == '\n') return errc::bad_line_ending;
      line_.push_back(c);
      return {};
    case expecting::trailer_lf:
      if (c != '\n') return errc::bad_line_ending;
      return end_of_trailer();
    case expecting::nothing:
    case expecting::content:
      break;
  }
  return errc::bad_chunk;
}

std::error_code body_reader::take_digit(char c) {
  const int value = value_of_digit(c);
  if (value < 0 || ++digits_ > 16) return errc::bad_chunk;
  size_ = size_ * 16 + static_cast<unsigned>(value);
  return {};
}

std::error_code body_reader::end_of_size() {
  if (size_ > limits_.bytes - received_) return errc::body_too_large;
  left_ = size_;
  if (size_ == 0) next_ = expecting::trailer;
  return {};
}

std::error_code body_reader::end_of_trailer() {
  next_ = line_.empty() ? expecting::nothing : expecting::trailer;
  if (line_.empty()) return {};
  const auto fine = guard_field_line(line_);
  line_.clear();
  return fine.error();
}

}  // namespace coseal::http
