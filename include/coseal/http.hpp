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

/// One field line of a head.
struct http_field {
  http_field() {}
  http_field(std::string field_name, std::string field_value)
      : name(std::move(field_name)), value(std::move(field_value)) {}

  std::string name;
  std::string value;
};

/// A request of HTTP/1.1 with its whole body, as a handler of the application sees it: read strictly and
/// within limits before it comes here.
struct http_request {
  http_request() {}  // no aggregate: g++ 12 destroys those in co_await expressions twice

  /// The first value of that name, compared without case; null if there is none.
  const std::string* find(std::string_view name) const noexcept;

  std::string method = "GET";
  std::string target = "/";
  std::vector<http_field> fields;
  std::vector<std::byte> body;
};

/// What it is answered with. Content-Length and Connection are not among the fields.
struct http_response {
  explicit http_response(unsigned code = 200) : status(code) {}
  http_response(unsigned code, std::string content_type, std::string_view text);

  unsigned status;
  std::vector<http_field> fields;
  std::vector<std::byte> body;
};

/// Answers one request. What it throws is answered with 500. Several may run at once.
using http_handler = std::function<task<http_response>(http_request)>;

}  // namespace coseal
