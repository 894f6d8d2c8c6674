#pragma once

#include "http/message.hpp"

#include <coseal/exchange.hpp>
#include <coseal/trace.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace coseal {

/// A problem document (RFC 9457) of that status. `title`: what the status means, if empty; `members`: further
/// ones, as JSON. Text that is not UTF-8 is left out.
http::response problem(unsigned status, std::string_view why, std::string_view type = "about:blank",
                       std::string_view title = {}, std::string_view members = {});
/// "application/json", with or without the charset that JSON has anyway.
bool is_json_type(const std::string* type) noexcept;

/// What the field traceparent says. Of several, or a malformed one, none counts (W3C Trace Context 3.2).
std::optional<trace_context> trace_of(const http::request_head& head);

/// Whether JSON can be read here at all: coseal was built with simdjson.
bool plain_http_available() noexcept;
/// One POST without security: JSON in, JSON out. 405, 415, 400, 500 with a problem document.
task<http::response> answer_plain(exchange_handler handler, http::request asked);

}  // namespace coseal
