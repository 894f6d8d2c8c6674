#pragma once

#include <coseal/handler.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace coseal {

/// The action that every channel has beside its own: `coseal/describe{}->text`, behind all positions that a
/// definition can have.
inline constexpr std::uint64_t describe_position = 65'536;
inline constexpr std::string_view describe_name = "coseal/describe";

/// Answers with `text` whoever is at least at `weakest`.
handler describe_handler(std::string text, security_level weakest);

}  // namespace coseal
