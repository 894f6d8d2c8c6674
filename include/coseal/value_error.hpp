#pragma once

#include <coseal/error.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

namespace coseal {

/// Why bytes or JSON are not a value of the type asked for. Compares equal to condition::malformed, but for
/// no_json_form, which is condition::misuse.
enum class value_errc {
  truncated = 1,    ///< the value goes on behind the last byte
  trailing_bytes,   ///< something stands behind the value
  not_canonical,    ///< not the one encoding that this value has: a number too long, keys out of order
  out_of_range,     ///< a number, enumerator, alternative or time that the type does not have
  not_utf8,         ///< text that is not UTF-8
  too_many,         ///< more elements than the bytes that are left can hold
  too_deep,         ///< lists and maps within each other more than max_value_depth deep
  too_much_memory,  ///< the value would take more memory than its size allows; see decode()
  refused,          ///< a codec of the application's own said no
  not_json,         ///< a syntax error
  wrong_type,       ///< another kind of JSON than the type has
  missing_field,    ///< a JSON object without a field of the struct
  unknown_field,    ///< a JSON object with a field that the struct does not have
  duplicate_field,  ///< a field or key twice in one JSON object
  no_json_form,     ///< to_json: NaN, an infinity, or a year outside 0000 to 9999
};

const std::error_category& value_error_category() noexcept;
inline std::error_code make_error_code(value_errc code) noexcept {
  return {static_cast<int>(code), value_error_category()};
}

/// Where decoding failed: `users[3].age`, or `names["ada"]` in a map; empty for the value itself.
struct decode_failure {
  std::error_code code;
  std::string path;

  /// "users[3].age: a number, enumerator, ... that the type does not have". Names of the peer's making are
  /// cut and hold printable ASCII only, so that this can be logged.
  std::string text() const;
};

/// Lists and maps within each other, at most.
inline constexpr unsigned max_value_depth = 64;

namespace detail {

/// The failure of a decoder. The path is put together from the inside outwards once something has failed, so
/// that it costs nothing before.
class failing {
 public:
  explicit failing(decode_failure* where) noexcept : where_(where) {}

  /// Always false. The first reason stays.
  bool fail(value_errc code) noexcept {
    if (code_ == value_errc{}) code_ = code;
    return false;
  }
  bool failed() const noexcept { return code_ != value_errc{}; }
  /// What a decoder of a part calls when the part has failed; always false.
  bool in_field(std::string_view name);
  bool in_element(std::size_t index);
  bool in_key(std::string_view key);
  /// Fills the caller's decode_failure.
  std::error_code finish();

  /// One list or map further in; false where that is too deep.
  bool enter() noexcept { return depth_ < max_value_depth ? (++depth_, true) : fail(value_errc::too_deep); }
  void leave() noexcept { --depth_; }

 private:
  decode_failure* where_;
  std::string path_;
  value_errc code_{};
  unsigned depth_ = 0;
};

}  // namespace detail
}  // namespace coseal

template <>
struct std::is_error_code_enum<coseal::value_errc> : std::true_type {};
