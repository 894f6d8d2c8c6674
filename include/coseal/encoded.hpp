#pragma once

#include <coseal/codec.hpp>
#include <coseal/payload.hpp>

#include <type_traits>

namespace coseal {

/// The encoding of `value`, written where it is needed; refers to it.
template <typename T>
payload encoded(const T& value) {
  return payload(&value, encoded_size(value), [](std::byte* at, const void* from) {
    static_cast<void>(encode_to(at, *static_cast<const T*>(from)));
  });
}

namespace detail {

/// g++ 12 destroys temporaries of such types twice when they stand in a co_await expression.
template <typename Argument>
inline constexpr bool destroyed_twice =
#if defined(__GNUC__) && !defined(__clang__)
    !std::is_lvalue_reference_v<Argument> && std::is_aggregate_v<std::remove_cvref_t<Argument>> &&
    !std::is_trivially_destructible_v<std::remove_cvref_t<Argument>>;
#else
    false;
#endif

}  // namespace detail

/// What every awaited template says to a caller who passes such a temporary.
#define COSEAL_NAME_IT                                                                           \
  "coseal: g++ destroys a temporary struct in a co_await expression twice; give it a name in a " \
  "line of its own and pass the name, or, for the action itself, write call<action>(fields...)"

}  // namespace coseal
