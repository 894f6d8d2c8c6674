#pragma once

#include <cstdint>
#include <string_view>
#include <system_error>

namespace coseal::websocket {

/// Why a WebSocket ends (RFC 6455 7.4.1), and how everything in this layer fails: as an error, it is what
/// this side closes with, or what the peer has closed with.
enum class close_code : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported_data = 1003,
  none = 1005,      ///< never sent: a Close without a code came
  abnormal = 1006,  ///< never sent: no Close came at all
  invalid_payload = 1007,
  policy_violation = 1008,
  message_too_big = 1009,
  missing_extension = 1010,
  internal_error = 1011,
};

/// True if a peer may send it.
bool may_be_sent(std::uint16_t code) noexcept;
std::string_view to_string(close_code code) noexcept;

const std::error_category& close_category() noexcept;
inline std::error_code make_error_code(close_code code) noexcept {
  return {static_cast<int>(code), close_category()};
}

}  // namespace coseal::websocket

template <>
struct std::is_error_code_enum<coseal::websocket::close_code> : std::true_type {};
