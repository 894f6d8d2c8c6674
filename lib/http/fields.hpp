#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace coseal::http {

/// One field line of a head. The value stands without the blanks around it.
struct field {
  // No aggregate: g++ 12 destroys those twice in a co_await expression.
  field() {}
  field(std::string field_name, std::string field_value)
      : name(std::move(field_name)), value(std::move(field_value)) {}

  std::string name;
  std::string value;
};

/// The fields of a head in their order; names compare without case.
struct field_list {
  field_list() {}

  /// The first value of that name; null if there is none.
  const std::string* find(std::string_view name) const noexcept;
  std::size_t count(std::string_view name) const noexcept;
  /// Whether one of the comma lists of that name (Connection, Upgrade) holds the token.
  bool has_token(std::string_view name, std::string_view token) const noexcept;

  std::vector<field> fields;
};

/// ASCII only, whatever the locale says.
bool equal_without_case(std::string_view a, std::string_view b) noexcept;
/// Without the spaces and tabs around it.
std::string_view trimmed(std::string_view text) noexcept;

/// What names of fields and methods are made of (RFC 9110, tchar).
bool is_token_character(char c) noexcept;
bool is_token(std::string_view text) noexcept;
/// What a value is made of: visible characters, spaces, tabs and bytes above 0x7f.
bool is_value_character(char c) noexcept;

}  // namespace coseal::http
