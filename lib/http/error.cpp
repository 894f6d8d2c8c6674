#include "http/error.hpp"

#include <coseal/error.hpp>

#include <string>

namespace coseal::http {
namespace {

const char* explain(errc code) noexcept {
  switch (code) {
    case errc::bad_start_line:
      return "the first line is no request or status line of HTTP/1.x";
    case errc::bad_line_ending:
      return "a CR or LF that is not part of a CRLF";
    case errc::bad_character:
      return "a byte that may not stand where it stands";
    case errc::bad_field:
      return "a field line is not name, colon, value";
    case errc::folded_field:
      return "a field line that is folded over two lines";
    case errc::bad_host:
      return "a request needs exactly one Host that is a host and port";
    case errc::bad_framing:
      return "the length of the body can be understood in two ways";
    case errc::bad_chunk:
      return "a chunk of the body is malformed";
    case errc::truncated:
      return "the connection ended inside of a message";
    case errc::too_slow:
      return "the message took too long to arrive";
    case errc::body_too_large:
      return "the body is longer than this side accepts";
    case errc::target_too_long:
      return "the request target is longer than this side accepts";
    case errc::content_coded:
      return "the content is coded (Content-Encoding), which this side does not undo";
    case errc::expectation_failed:
      return "an expectation other than 100-continue";
    case errc::host_refused:
      return "this server does not answer for that Host";
    case errc::origin_refused:
      return "this server does not answer web pages of that Origin";
    case errc::head_too_large:
      return "the head of the message holds more bytes or fields than this side accepts";
    case errc::method_unknown:
      return "no such method";
    case errc::coding_unsupported:
      return "a transfer coding other than chunked";
    case errc::busy:
      return "too many connections; retry later";
    case errc::version_unsupported:
      return "neither HTTP/1.0 nor HTTP/1.1";
    case errc::unwritable:
      return "a method, target or field holds characters that would change the meaning of the message";
    case errc::bad_url:
      return "not a URL of the form http://host[:port][/path]";
    case errc::not_a_response:
      return "the server answered with something that is no final response";
  }
  return "unknown error";
}

class http_category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "coseal.http"; }
  std::string message(int code) const override { return explain(static_cast<errc>(code)); }
  std::error_condition default_error_condition(int code) const noexcept override {
    switch (static_cast<errc>(code)) {
      case errc::too_slow:
        return condition::timed_out;
      case errc::host_refused:
      case errc::origin_refused:
      case errc::busy:
        return condition::refused;
      case errc::unwritable:
      case errc::bad_url:
        return condition::misuse;
      default:
        return condition::malformed;
    }
  }
};

}  // namespace

const std::error_category& error_category() noexcept {
  static const http_category category;
  return category;
}

unsigned status_of(std::error_code error) noexcept {
  if (error.category() != error_category()) return 500;
  switch (static_cast<errc>(error.value())) {
    case errc::bad_start_line:
    case errc::bad_line_ending:
    case errc::bad_character:
    case errc::bad_field:
    case errc::folded_field:
    case errc::bad_host:
    case errc::bad_framing:
    case errc::bad_chunk:
    case errc::truncated:
      return 400;
    case errc::origin_refused:
      return 403;
    case errc::too_slow:
      return 408;
    case errc::body_too_large:
      return 413;
    case errc::target_too_long:
      return 414;
    case errc::content_coded:
      return 415;
    case errc::expectation_failed:
      return 417;
    case errc::host_refused:
      return 421;
    case errc::head_too_large:
      return 431;
    case errc::method_unknown:
    case errc::coding_unsupported:
      return 501;
    case errc::busy:
      return 503;
    case errc::version_unsupported:
      return 505;
    case errc::unwritable:
    case errc::bad_url:
    case errc::not_a_response:
      break;
  }
  return 500;
}

}  // namespace coseal::http
