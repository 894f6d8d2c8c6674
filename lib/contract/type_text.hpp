#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace coseal {

/// A type's canonical text, read: docs/protocol.md, Values. All views are of the text.
struct type_text {
  enum class form {
    plain,        ///< u32, text, or the name of a struct inside of itself
    generic,      ///< list<u32>: arguments
    structure,    ///< address{street:text}: members
    enumeration,  ///< enum colour:u8{red=0}: members without types, numbers
    mapped,       ///< uuid(text): one argument
    number,       ///< an argument that is no type: 4 or 1/1000
  };
  form what = form::plain;
  std::string_view name;
  std::string_view whole;
  std::vector<type_text> arguments;            ///< of generic and mapped, and the types of members
  std::vector<std::string_view> member_names;  ///< of structure and enumeration
  std::vector<std::string_view> numbers;       ///< of an enumeration, as it writes them
  std::string_view underlying;                 ///< of an enumeration: its integer type
};

/// A position of a channel: `domain/action{...}<-stream<item>->reply!error!error`.
struct action_text {
  std::string_view domain;
  type_text input;
  std::optional<type_text> takes;
  std::optional<type_text> reply;
  std::vector<type_text> errors;

  /// Items go with it, one way or the other.
  bool streams() const noexcept { return takes || (reply && reply->name == "stream"); }
};

/// Nothing for another text, and for types more than 64 deep within each other.
std::optional<type_text> parse_type_text(std::string_view text);
std::optional<action_text> parse_action_text(std::string_view text);

}  // namespace coseal
