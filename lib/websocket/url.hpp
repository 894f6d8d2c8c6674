#pragma once

#include "carrier/address.hpp"

#include <coseal/result.hpp>

#include <string>
#include <string_view>

namespace coseal::websocket {

/// "ws://host[:port][/path][?query]" or "wss://..." (RFC 6455 3); no user, no fragment.
struct url {
  url() {}

  bool secure = false;  ///< wss: TLS beneath
  host_and_port where;
  std::string host;    ///< as the Host field says it: with the port if it is not 80, or 443 of wss
  std::string target;  ///< path and query, "/" at least

  /// Where to connect to: "host:port", "[v6]:port".
  std::string address() const;

  /// errc::invalid_address.
  static result<url> parse(std::string_view text);
};

}  // namespace coseal::websocket
