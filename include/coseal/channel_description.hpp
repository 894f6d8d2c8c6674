#pragma once

#include <coseal/channel.hpp>
#include <coseal/result.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace coseal {

/// A channel as lines of text, to be kept under version control beside the program and compared with `coseal
/// channel-diff`:
///
///     coseal channel 1
///     to_acceptor users/greet{name:text}->text
///     to_connector events/joined{who:text}
std::string describe_channel(const channel_definition& definition);
std::string describe_channel(const channel& described);

/// What describe_channel wrote; errc::invalid_channel for every other text.
result<channel_definition> parse_channel_description(std::string_view text);

/// How a channel differs from what it was before.
struct channel_difference {
  enum class kind {
    appended,  ///< new positions behind all old ones: the one difference that old peers work with
    changed,   ///< the action at a position has other fields, another reply or other errors
    inserted,  ///< a new action before old ones
    moved,     ///< an action that stands at another position
    removed,   ///< an action that is no longer there
  };
  kind what;
  bool to_acceptor;      ///< else to_connector
  std::size_t position;  ///< the first one concerned, from 0
  std::string text;      ///< a sentence for people

  /// True if peers with the old definition go on working; they do not know what was appended.
  bool old_peers_work() const noexcept { return what == kind::appended; }
};

/// The first difference that stops old peers, if there is one; else the first that was appended; nothing for
/// equal definitions.
std::optional<channel_difference> first_difference(const channel_definition& before,
                                                   const channel_definition& after);
std::optional<channel_difference> first_difference(const channel& before, const channel& after);

/// An OpenAPI 3.1 document of the channel's JSON: a path `/domain/action` for each call, a webhook for each
/// push, and schemas for structs and enums. A declared error is the member `error` of problem details (RFC
/// 9457): an object of one member, which is called like the error. Types with a codec of their own, whose
/// text is no text of coseal's, have a schema that admits all.
std::string describe_openapi(const channel& described, std::string_view title = "coseal channel",
                             std::string_view version = "1");

}  // namespace coseal
