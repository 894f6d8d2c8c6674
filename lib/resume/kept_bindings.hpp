#pragma once

#include "trust/endpoint_state.hpp"

#include <coseal/result.hpp>
#include <coseal/session_binding.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace coseal {

inline constexpr std::string_view kept_binding_prefix = "binding/";

/// The bindings that a connector keeps in its endpoint's storage: tokens of type 4 under its own ticket ring,
/// so that a stolen backup opens them no longer than the ring lives. Thread-safe.
class kept_bindings {
 public:
  explicit kept_bindings(std::shared_ptr<endpoint::state> self) : self_(std::move(self)) {}

  /// 1 to 64 characters of A-Z a-z 0-9 . _ -
  static bool is_name(std::string_view name) noexcept;
  /// Empty if there is none, or one that can not be opened any more. condition::storage.
  task<result<session_binding>> read(std::string name);
  /// Replaces what is there. condition::storage.
  task<result<void>> write(std::string name, session_binding binding);

 private:
  std::shared_ptr<endpoint::state> self_;
};

/// What kept_bindings::read does with what it found; `owner` is whose ring it is.
session_binding open_kept_binding(const key_ring& ring, const public_key& owner,
                                  std::span<const std::byte> sealed);

}  // namespace coseal
