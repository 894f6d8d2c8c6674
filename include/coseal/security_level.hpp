#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace coseal {

/// How much a connection is protected; chosen by the connector. The numbers are those on the wire.
enum class security_level : std::uint8_t {
  none = 0,           ///< self-asserted identity, no handshake, clear frames
  authenticated = 1,  ///< both identities proved and pinned; clear frames, each with an integrity tag
  encrypted = 2,      ///< the same, and every frame under AES-256-GCM
};

/// "none", "authenticated" or "encrypted"; these letters are also part of key derivation labels.
constexpr std::string_view to_string(security_level level) noexcept {
  switch (level) {
    case security_level::none:
      return "none";
    case security_level::authenticated:
      return "authenticated";
    case security_level::encrypted:
      return "encrypted";
  }
  return "?";
}

constexpr std::optional<security_level> security_level_from(std::string_view name) noexcept {
  for (auto level : {security_level::none, security_level::authenticated, security_level::encrypted})
    if (to_string(level) == name) return level;
  return std::nullopt;
}

constexpr std::optional<security_level> security_level_from(std::uint8_t wire) noexcept {
  if (wire > 2) return std::nullopt;
  return static_cast<security_level>(wire);
}

}  // namespace coseal
