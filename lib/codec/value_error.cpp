#include <coseal/value_error.hpp>

#include <algorithm>

namespace coseal {
namespace {

const char* explain_value(value_errc code) noexcept {
  switch (code) {
    case value_errc::truncated:
      return "the value goes on behind the last byte";
    case value_errc::trailing_bytes:
      return "something stands behind the value";
    case value_errc::not_canonical:
      return "this is not the one encoding that the value has";
    case value_errc::out_of_range:
      return "the type has no such number, enumerator, alternative or time";
    case value_errc::not_utf8:
      return "text that is not UTF-8";
    case value_errc::too_many:
      return "more elements are announced than the bytes that are left can hold";
    case value_errc::too_deep:
      return "lists and maps stand too deep within each other";
    case value_errc::too_much_memory:
      return "the value would take far more memory than it has bytes";
    case value_errc::refused:
      return "the type's own codec refuses the value";
    case value_errc::not_json:
      return "this is not JSON";
    case value_errc::wrong_type:
      return "the JSON is of another kind than the type";
    case value_errc::missing_field:
      return "the field is missing";
    case value_errc::unknown_field:
      return "the type has no field of this name";
    case value_errc::duplicate_field:
      return "the field or key stands there twice";
    case value_errc::no_json_form:
      return "JSON has no NaN, no infinity and no years outside 0000 to 9999";
  }
  return nullptr;
}

class value_category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "coseal.value"; }
  std::string message(int code) const override {
    const char* text = explain_value(static_cast<value_errc>(code));
    return text != nullptr ? text : "unknown value error " + std::to_string(code);
  }
  std::error_condition default_error_condition(int code) const noexcept override {
    if (explain_value(static_cast<value_errc>(code)) == nullptr) return {code, *this};
    return static_cast<value_errc>(code) == value_errc::no_json_form ? condition::misuse
                                                                     : condition::malformed;
  }
};

}  // namespace

const std::error_category& value_error_category() noexcept {
  static const value_category category;
  return category;
}

std::string decode_failure::text() const {
  return (path.empty() ? "" : path + ": ") + code.message();
}

namespace detail {

bool failing::in_field(std::string_view name) {
  if (where_ != nullptr) path_.insert(0, "." + std::string(name));
  return false;
}

bool failing::in_element(std::size_t index) {
  if (where_ != nullptr) path_.insert(0, "[" + std::to_string(index) + "]");
  return false;
}

bool failing::in_key(std::string_view key) {
  constexpr std::size_t longest_key = 48;
  if (where_ == nullptr) return false;
  std::string shown(key.substr(0, longest_key));
  std::ranges::replace_if(
      shown, [](char c) { return c < 0x20 || c > 0x7e || c == '"' || c == '\\'; }, '?');
  path_.insert(0, "[\"" + shown + (key.size() > longest_key ? "...\"]" : "\"]"));
  return false;
}

std::error_code failing::finish() {
  if (where_ != nullptr) {
    where_->code = code_;
    where_->path = path_.starts_with('.') ? path_.substr(1) : path_;
  }
  return code_;
}

}  // namespace detail
}  // namespace coseal
