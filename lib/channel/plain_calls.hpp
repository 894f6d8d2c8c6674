#pragma once
// A channel's calls as plain JSON over HTTP: what a request asks, and how the answer is said. Pure.

#include "contract/type_text.hpp"
#include "http/message.hpp"

#include <coseal/channel.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace coseal {

class plain_calls {
 public:
  /// Throws coseal::error (errc::invalid_option) in a build without JSON.
  explicit plain_calls(const channel& contract);

  /// The OpenAPI document.
  http::response document() const;
  /// Of `/domain/action`.
  std::optional<std::uint64_t> position_of(std::string_view path) const;
  /// The CALL that a request to that position says, or why it is none.
  std::variant<std::vector<std::byte>, http::response> ask(std::uint64_t position,
                                                           const http::request& asked) const;
  /// What the answer to it, REPLY or ERROR, is in HTTP.
  http::response answer(std::uint64_t position, std::span<const std::byte> message) const;

 private:
  http::response declared_error(const action_text& action, std::uint64_t which,
                                std::span<const std::byte> value) const;

  const channel contract_;                           // the views of actions_ are of its texts
  std::vector<std::optional<action_text>> actions_;  // by position
};

}  // namespace coseal
