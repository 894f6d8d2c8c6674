#pragma once

#include "http/message.hpp"

#include <coseal/exchange.hpp>

#include <string>

namespace coseal {

/// A problem document (RFC 9457) of that status; `detail` is a constant of ours.
http::response problem(unsigned status, const char* detail);

/// Whether JSON can be read here at all: coseal was built with simdjson.
bool plain_http_available() noexcept;
/// One POST without security: JSON in, JSON out. 405, 415, 400, 500 with a problem document.
task<http::response> answer_plain(exchange_handler handler, http::request asked);

}  // namespace coseal
