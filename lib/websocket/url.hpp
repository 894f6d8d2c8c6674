#pragma once

#include "carrier/address.hpp"

#include <coseal/result.hpp>

#include <string>
#include <string_view>

namespace coseal::websocket {

/// "ws://host[:port][/path][?query]" (RFC 6455 3); no user, no fragment.
struct url {
  url() {}

  host_and_port where;
  std::string host;    ///< as the Host field says it: with the port if it is not 80
  std::string target;  ///< path and query, "/" at least

  /// errc::invalid_address.
  static result<url> parse(std::string_view text);
};

}  // namespace coseal::websocket
