#pragma once

#include "http/head.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coseal::http {

/// A request with its whole body. On the way out, the head's framing is set from the body.
struct request {
  request() {}
  request(request_head first, std::vector<std::byte> content)
      : head(std::move(first)), body(std::move(content)) {}

  request_head head;
  std::vector<std::byte> body;
  std::string source;  ///< of one that was received: see duplex_carrier::source
};

/// A response with its whole body. On the way out, the head's framing is set from the body; a head that does
/// not keep the connection alive ends it.
struct response {
  explicit response(unsigned status = 200) : head(status) {}
  response(response_head first, std::vector<std::byte> content)
      : head(std::move(first)), body(std::move(content)) {}
  response(unsigned status, std::string content_type, std::span<const std::byte> content)
      : head(status), body(content.begin(), content.end()) {
    head.fields.emplace_back("Content-Type", std::move(content_type));
  }

  response_head head;
  std::vector<std::byte> body;
};

/// The status and, for people, its reason.
response plain_response(unsigned status);

}  // namespace coseal::http
