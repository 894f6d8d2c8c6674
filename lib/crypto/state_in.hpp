#pragma once

#include <new>
#include <type_traits>

namespace coseal {

/// The state of a library's hash where a class of ours, which does not name the library, has room for it.
template <typename State, typename Storage>
auto* state_in(Storage& storage) noexcept {
  static_assert(sizeof(State) <= sizeof storage && alignof(State) <= 8);
  using in_storage = std::conditional_t<std::is_const_v<Storage>, const State, State>;
  return std::launder(reinterpret_cast<in_storage*>(storage.data()));
}

}  // namespace coseal
