#pragma once

#include "http/framing.hpp"

#include <coseal/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <system_error>

namespace coseal::http {

/// What a peer may make us read and keep for one body.
struct body_limits {
  std::uint64_t bytes = 1024 * 1024;  ///< of content: more is 413
  std::size_t extensions = 1024;      ///< of chunk extensions in the whole body; nobody reads them
  std::size_t trailers = 4096;        ///< of the trailer section; it is read and dropped
};

/// What one step of reading took from the front of its input, and the part of it that is content.
struct body_piece {
  std::size_t taken = 0;
  std::span<const std::byte> content;
};

/// Finds the content in the bytes after a head, however they are cut. Content is handed out where it stands.
/// Errors stay.
class body_reader {
 public:
  explicit body_reader(body_framing framing, const body_limits& limits = {});

  /// Takes bytes up to the end of the next piece of content, of the input or of the body. errc::bad_chunk,
  /// bad_line_ending, body_too_large and what guard_field_line finds in a trailer.
  result<body_piece> read(std::span<const std::byte> bytes);
  /// The stream has ended: errc::truncated unless that is how this body ends.
  result<void> end();

  bool done() const noexcept { return next_ == expecting::nothing && !error_; }
  /// What is known to be wrong before a byte is read: a length above the limit.
  std::error_code error() const noexcept { return error_; }

 private:
  enum class expecting {
    nothing,
    content,      // left_ bytes, or all until the stream ends
    first_digit,  // of a chunk's size
    digit,        // another one, an extension or the end of the line
    extension,
    size_lf,
    chunk_cr,
    chunk_lf,
    trailer,
    trailer_lf,
  };

  std::error_code take(char c);
  std::error_code take_digit(char c);
  std::error_code end_of_size();
  std::error_code end_of_trailer();

  body_framing framing_;
  body_limits limits_;
  expecting next_;
  std::error_code error_;
  std::uint64_t left_ = 0;      // of a length or a chunk
  std::uint64_t received_ = 0;  // content
  std::uint64_t size_ = 0;      // of the chunk whose line is being read
  int digits_ = 0;
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  std::string line_;  // of the trailer section
};

}  // namespace coseal::http
