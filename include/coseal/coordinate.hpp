#pragma once

#include <coseal/result.hpp>

#include <compare>
#include <string>
#include <string_view>

namespace coseal {

/// Who a runtime says it is: an environment ("frontend", "backend") and an instance id. An empty instance in
/// a *wanted* coordinate means any instance; an endpoint fills in its own, made once and kept with its
/// identity. Both parts are 1 to 64 characters of [A-Za-z0-9._-] (the instance may be empty).
class coordinate {
 public:
  coordinate() = default;
  /// Throws coseal::error (errc::invalid_coordinate) on characters or lengths outside the rule above.
  explicit coordinate(std::string environment, std::string instance = {});
  /// "environment" or "environment/instance".
  static result<coordinate> parse(std::string_view text);

  const std::string& environment() const noexcept { return environment_; }
  const std::string& instance() const noexcept { return instance_; }
  bool empty() const noexcept { return environment_.empty(); }
  /// True if every part that this coordinate names is the same in `other`.
  bool matches(const coordinate& other) const noexcept {
    return environment_ == other.environment_ && (instance_.empty() || instance_ == other.instance_);
  }
  std::string to_string() const { return instance_.empty() ? environment_ : environment_ + "/" + instance_; }

  friend auto operator<=>(const coordinate&, const coordinate&) = default;

 private:
  std::string environment_;
  std::string instance_;
};

}  // namespace coseal
