#pragma once

#include "http/framing.hpp"

#include <coseal/result.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace coseal::http {

/// What a peer may make us keep before the head of its message is complete.
struct head_limits {
  std::size_t bytes = 16 * 1024;  ///< of the whole head: more is 431
  std::size_t fields = 100;       ///< field lines: more is 431
  std::size_t target = 8 * 1024;  ///< bytes of the request target: more is 414
};

/// A head that passed.
struct guarded_head {
  std::size_t start;  ///< where it begins: after the one empty line that a request may follow
  std::size_t size;   ///< of all of it, with what stands before `start` and the empty line after it
  std::optional<body_framing> framing;  ///< as its fields declare it, if they do
};

/// Refuses, before any parser sees it, every head that two readers could understand in two ways: bare CR or
/// LF, control bytes, folded lines, blanks before a colon, blanks in the request line that are not the two,
/// versions other than HTTP/1.0 and 1.1, Hosts that are missing or many, lengths that are no number or many,
/// transfer codings other than `chunked`, one of them beside a length or in HTTP/1.0. llhttp 8 lets several
/// of these pass.
///
/// nullopt: all is well so far, and the head goes on. What is wrong is found at the first byte that shows it,
/// so that bytes that come one by one give the same answer as all at once.
result<std::optional<guarded_head>> guard_request_head(std::span<const std::byte> bytes,
                                                       const head_limits& limits);
result<std::optional<guarded_head>> guard_response_head(std::span<const std::byte> bytes,
                                                        const head_limits& limits);

/// A field line without its CRLF, as a trailer section has them too.
result<void> guard_field_line(std::string_view line);

}  // namespace coseal::http
