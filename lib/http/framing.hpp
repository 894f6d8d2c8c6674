#pragma once

#include <cstdint>

namespace coseal::http {

/// How the end of a message's body is told.
struct body_framing {
  enum class kind {
    none,         ///< there is no body
    length,       ///< Content-Length
    chunked,      ///< Transfer-Encoding: chunked
    until_close,  ///< a response that ends with the connection
  };

  static body_framing none() { return {kind::none, 0}; }
  static body_framing of_length(std::uint64_t bytes) { return {kind::length, bytes}; }
  static body_framing chunked() { return {kind::chunked, 0}; }
  static body_framing until_close() { return {kind::until_close, 0}; }

  bool operator==(const body_framing&) const = default;

  kind how = kind::none;
  std::uint64_t length = 0;  ///< of kind::length
};

}  // namespace coseal::http
