#pragma once

#include <coseal/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace coseal {

/// Where a Redis is and who asks.
struct redis_url {
  std::string host;  ///< empty where `path` is not
  std::uint16_t port = 6379;
  std::string path;  ///< of a Unix socket
  std::string user;
  std::string password;
  unsigned database = 0;

  /// "redis://[user][:password]@host[:port][/database]" or "redis+unix:///path[?db=n]";
  /// errc::invalid_address.
  static result<redis_url> parse(std::string_view text);
};

}  // namespace coseal
