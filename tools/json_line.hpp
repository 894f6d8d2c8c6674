#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace coseal::tool {

/// One JSON object on one line, its members in the order they were added.
class json_line {
 public:
  explicit json_line(std::string_view event) { add("event", event); }

  json_line& add(std::string_view name, std::string_view value);
  json_line& add(std::string_view name, const char* value) { return add(name, std::string_view(value)); }
  json_line& add(std::string_view name, double value);
  json_line& add(std::string_view name, std::same_as<bool> auto value) {
    return raw(name, value ? "true" : "false");
  }
  template <std::integral Integer>
  requires(!std::same_as<Integer, bool>) json_line& add(std::string_view name, Integer value) {
    return raw(name, std::to_string(value));
  }

  std::string text() const { return "{" + members_ + "}"; }

 private:
  json_line& raw(std::string_view name, const std::string& value);
  std::string members_;
};

}  // namespace coseal::tool
