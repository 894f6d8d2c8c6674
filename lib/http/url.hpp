#pragma once

#include <coseal/result.hpp>

#include <string>
#include <string_view>

namespace coseal::http {

/// Where a URL leads: what to connect to, what to ask there and under which name.
struct url {
  url() {}

  bool secure = false;  ///< https: TLS beneath
  std::string address;  ///< "host:port", as coseal::tcp takes it
  std::string host;     ///< the value of Host: without the port that everybody knows
  std::string target;   ///< path and query
};

/// "http://host[:port][/path][?query]" or "https://..."; a fragment is dropped. errc::bad_url, also for user
/// names, which are mostly there to deceive.
result<url> parse_url(std::string_view text);

}  // namespace coseal::http
