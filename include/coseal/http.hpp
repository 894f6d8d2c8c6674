#pragma once

#include <coseal/asio.hpp>

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coseal {

/// A request of HTTP/1.1 with its whole body, as a handler of the application sees it.
struct http_request {
  http_request() {}  // no aggregate: g++ 12 destroys those in co_await expressions twice

  /// The first value of that name, compared without case; null if there is none.
  const std::string* find(std::string_view name) const noexcept;

  std::string method;
  std::string target;                                       ///< path and query
  std::vector<std::pair<std::string, std::string>> fields;  ///< in their order; names in any case
  std::vector<std::byte> body;
  std::string source;  ///< limits by source count it: an IPv4 address, an IPv6 /64; may be empty
};

/// Its response; the length is the body's.
struct http_response {
  http_response() {}
  http_response(unsigned code, std::string content_type, std::string_view text);

  unsigned status = 500;
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<std::byte> body;
};

/// Answers one request. What it throws is answered with 500. Several may run at once.
using http_handler = std::function<task<http_response>(http_request)>;

}  // namespace coseal
