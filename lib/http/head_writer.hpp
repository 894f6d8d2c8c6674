#pragma once

#include "http/head.hpp"

#include <coseal/result.hpp>

#include <string>
#include <string_view>

namespace coseal::http {

/// The bytes of a head. Content-Length and Transfer-Encoding are written from `framing` and may not be among
/// the fields, so that a length is said once; `Connection: close` is added where `keep_alive` is false.
/// errc::unwritable for whatever could end a line early or split a word: CR, LF, NUL and other control bytes,
/// names and methods that are no tokens, blanks in a target.
result<std::string> write_request_head(const request_head& head);
/// An empty reason is filled in by the status; framing `none` says nothing about a length.
result<std::string> write_response_head(const response_head& head);

/// "Not Found" for 404; empty where RFC 9110 has none.
std::string_view reason_of(unsigned status) noexcept;

}  // namespace coseal::http
