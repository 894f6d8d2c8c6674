#pragma once

#include <system_error>

namespace coseal::http {

/// How an exchange of HTTP/1.1 can fail on its own account, grouped by the status that a server answers.
/// Compare with coseal::condition: most are condition::malformed.
enum class errc {
  // 400
  bad_start_line = 1,  ///< a request or status line that RFC 9112 does not allow
  bad_line_ending,     ///< a CR or LF that is not part of a CRLF
  bad_character,       ///< NUL or another control byte, or a byte that this place does not take
  bad_field,           ///< a field line without a name, colon or clean name, or with blanks before the colon
  folded_field,        ///< a field line that goes on in the next one (obs-fold)
  bad_host,            ///< no Host, two of them, or one that is no host and port
  bad_framing,         ///< lengths and codings that two readers could understand in two ways
  bad_chunk,           ///< a chunk of another form than size, CRLF, bytes, CRLF
  truncated,           ///< the stream ended inside of a message
  // others
  too_slow,             ///< 408: a deadline passed, or the bytes came below the least rate
  body_too_large,       ///< 413
  target_too_long,      ///< 414
  content_coded,        ///< 415: a Content-Encoding; nothing here decodes one
  expectation_failed,   ///< 417: an Expect other than 100-continue
  host_refused,         ///< 421: a Host that this server does not answer for
  origin_refused,       ///< 403: a web page from elsewhere
  head_too_large,       ///< 431: too many bytes or fields
  method_unknown,       ///< 501: a method that nobody has heard of
  coding_unsupported,   ///< 501: a transfer coding other than chunked
  busy,                 ///< 503: too many connections
  version_unsupported,  ///< 505: neither HTTP/1.0 nor HTTP/1.1
  // ours
  unwritable,      ///< a method, target or field that would mean something else once written
  bad_url,         ///< not http(s)://host[:port][/path]
  not_a_response,  ///< the server changed the protocol, or sent interim responses without end
};

const std::error_category& error_category() noexcept;
inline std::error_code make_error_code(errc code) noexcept {
  return {static_cast<int>(code), error_category()};
}

/// The status that a server answers a request with that failed so: 400 for what is malformed, 500 for what is
/// no failure of the peer's.
unsigned status_of(std::error_code error) noexcept;

}  // namespace coseal::http

template <>
struct std::is_error_code_enum<coseal::http::errc> : std::true_type {};
