#pragma once
// What the two directions between values and JSON have in common, where types are known by their texts alone.

#include "contract/type_text.hpp"

#include <coseal/value_error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coseal {

/// `u8` to `i64`.
struct integer_type {
  bool with_sign = false;
  unsigned bits = 0;

  bool holds(std::uint64_t value) const noexcept;
  bool holds(std::int64_t value) const noexcept;
};
std::optional<integer_type> integer_named(std::string_view name) noexcept;

/// A number without a sign or zeros before it; nothing if it does not fit.
std::optional<std::uint64_t> number_in(std::string_view text) noexcept;
/// With a sign or without.
std::optional<std::int64_t> signed_number_in(std::string_view text) noexcept;

/// `time<R,n/d>`: d parts of a second, or n seconds.
struct time_type {
  integer_type count;
  std::int64_t of_seconds = 1;
  std::int64_t in_second = 1;
  unsigned digits() const noexcept;
};
/// Nothing for what is no such type, or of a period that no time has.
std::optional<time_type> time_of(const type_text& type) noexcept;

/// The structs that are being read, so that a name inside of them means the innermost of that name; and how
/// deep values stand within each other, since a text may come from a stranger.
class open_types {
 public:
  static constexpr unsigned deepest = 512;

  /// What `type` means here.
  const type_text& resolve(const type_text& type) const noexcept;
  bool enter(const type_text& type) {
    if (open_.size() == deepest) return false;
    open_.push_back(&type);
    return true;
  }
  void leave() noexcept { open_.pop_back(); }

 private:
  std::vector<const type_text*> open_;
};

}  // namespace coseal
