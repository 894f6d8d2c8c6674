#pragma once

#include "http/fields.hpp"
#include "http/framing.hpp"
#include "http/head_guard.hpp"

#include <coseal/result.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace coseal::http {

/// The first line and the fields of a request.
struct request_head : field_list {
  request_head() {}

  /// The target's path without its query: "/" of "http://host?x", "*" of an OPTIONS about the server.
  std::string_view path() const noexcept;
  /// What stands after the '?' of the target.
  std::string_view query() const noexcept;

  std::string method;
  std::string target;
  unsigned minor = 1;      ///< of HTTP/1.x
  body_framing framing;    ///< none or, if the fields say so, length or chunked
  bool keep_alive = true;  ///< the peer would send another one on this connection
};

/// The first line and the fields of a response.
struct response_head : field_list {
  response_head() {}
  explicit response_head(unsigned code) : status(code) {}

  unsigned status = 0;
  std::string reason;
  unsigned minor = 1;
  body_framing framing;
  bool keep_alive = true;
};

/// A head and how many bytes it took.
template <typename Head>
struct parsed {
  parsed(Head value, std::size_t bytes) : head(std::move(value)), size(bytes) {}

  Head head;
  std::size_t size;
};

/// nullopt: the head is not complete yet. What is wrong is an http::errc; status_of() has the answer to it,
/// after which the connection must end, since nobody knows where the next request would begin.
result<std::optional<parsed<request_head>>> parse_request_head(std::span<const std::byte> bytes,
                                                               const head_limits& limits = {});
/// `request_method` is that of the request it answers: what a HEAD is answered with has no body.
result<std::optional<parsed<response_head>>> parse_response_head(std::span<const std::byte> bytes,
                                                                 const head_limits& limits,
                                                                 std::string_view request_method);

}  // namespace coseal::http
