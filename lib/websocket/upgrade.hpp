#pragma once

#include "http/head.hpp"

#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace coseal::websocket {

/// What coseal speaks inside of a WebSocket; docs/protocol.md section 7.
inline constexpr std::string_view coseal_subprotocol = "coseal.1";

/// A Sec-WebSocket-Key: 16 random bytes in base64. RFC 6455 4.1.
std::string new_key();
/// The Sec-WebSocket-Accept that answers it. RFC 6455 4.2.2.
std::string accept_of(std::string_view key);

/// What an acceptor lets in.
struct upgrade_policy {
  upgrade_policy() {}

  std::string subprotocol{coseal_subprotocol};  ///< must be offered; empty: none is asked for, none chosen
  /// Web pages that may connect, as browsers name them ("https://app.example"), compared exactly. Who is no
  /// browser sends no Origin and is not held up.
  std::vector<std::string> origins;
};

/// The request for a WebSocket at `target`; `origin` may be empty.
http::request_head upgrade_request(std::string host, std::string target, std::string_view key,
                                   std::string_view subprotocol, std::string_view origin = {});
/// 101, or the status that refuses: 400 (no proper upgrade, or the subprotocol was not offered), 403
/// (origin), 405 (not GET), 426 (another version, or no upgrade at all).
http::response_head answer_upgrade(const http::request_head& request, const upgrade_policy& policy);
/// What is wrong with the answer: errc::upgrade_refused for any status but 101, close_code::protocol_error
/// for one that does not belong to `key` or chose what was not offered.
std::error_code check_upgrade(const http::response_head& answer, std::string_view key,
                              std::string_view subprotocol);

}  // namespace coseal::websocket
