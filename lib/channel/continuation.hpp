#pragma once
// What both ends of a channel say about going on after a resume: the call `coseal/continue`, which a
// connector makes first on each connection, and its answer. docs/protocol.md section "Calls", "Going on".

#include <coseal/result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <system_error>
#include <vector>

namespace coseal {

/// Behind the position of `coseal/describe`, as an action of every channel.
inline constexpr std::uint64_t continue_position = 65'537;

/// Random for each life of what an acceptor remembers of a session's calls and pushes.
using window_id = std::array<std::byte, 16>;

/// The fields of `coseal/continue`.
struct continue_request {
  std::optional<window_id> window;  ///< that the connector was given; none: it begins
  std::uint64_t pushes = 0;         ///< that it has, counted since the window began
  std::uint64_t used = 0;           ///< bytes of the window of pushes that it has not granted again

  std::vector<std::byte> encode() const;
  /// errc::malformed_message.
  static result<continue_request> parse(std::span<const std::byte> fields);
  friend bool operator==(const continue_request&, const continue_request&) = default;
};

/// Its reply.
struct continue_answer {
  window_id window{};        ///< the one asked for: all goes on; another: nothing is remembered
  std::uint64_t missed = 0;  ///< pushes that were made and will not come

  std::vector<std::byte> encode() const;
  /// errc::malformed_message.
  static result<continue_answer> parse(std::span<const std::byte> reply);
  friend bool operator==(const continue_answer&, const continue_answer&) = default;
};

/// The connection is gone and neither end has ended the session: its connector may resume it.
bool may_come_back(std::error_code why) noexcept;

}  // namespace coseal
