#pragma once

#include <coseal/pins.hpp>
#include <coseal/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coseal {

/// A pin as it is stored; role and coordinate are in its key. All numbers of fixed size:
///
///     u8 1 | key[32] | u8 strongest level | u8 revoked (0, 1) | u64 first seen, s since 1970 | u64 last
///     seen, days
///       | u64 succession serial
struct pin_record {
  public_key key;
  security_level strongest = security_level::none;
  bool revoked = false;
  std::chrono::sys_seconds first_seen;
  std::chrono::sys_days last_seen;
  std::uint64_t succession_serial = 0;

  friend bool operator==(const pin_record&, const pin_record&) = default;
};

/// errc::storage_corrupt on anything but what write_pin_record wrote.
result<pin_record> parse_pin_record(std::span<const std::byte> bytes) noexcept;
std::vector<std::byte> write_pin_record(const pin_record& record);

inline constexpr std::string_view pin_prefix = "pin/";

/// "pin/connector/" or "pin/acceptor/" and the coordinate.
std::string pin_key(peer_role role, const coordinate& name);

/// The inverse of pin_key.
struct pin_name {
  peer_role role = peer_role::connector;
  coordinate where;
};
std::optional<pin_name> parse_pin_key(std::string_view key);

pin to_pin(peer_role role, coordinate where, const pin_record& record);

}  // namespace coseal
