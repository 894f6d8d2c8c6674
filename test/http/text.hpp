#pragma once

#include "http/head.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace coseal::test {

inline std::span<const std::byte> bytes_of_text(std::string_view text) {
  return std::as_bytes(std::span(text));
}

inline auto parse_request(std::string_view text, const http::head_limits& limits = {}) {
  return http::parse_request_head(bytes_of_text(text), limits);
}

inline auto parse_response(std::string_view text, std::string_view method = "GET") {
  return http::parse_response_head(bytes_of_text(text), {}, method);
}

/// What comes of a request that arrives byte by byte: the first answer that is not "more".
inline auto parse_request_slowly(std::string_view text, const http::head_limits& limits = {}) {
  for (std::size_t n = 0; n < text.size(); ++n)
    if (auto early = parse_request(text.substr(0, n), limits); !early || *early) return early;
  return parse_request(text, limits);
}

}  // namespace coseal::test
