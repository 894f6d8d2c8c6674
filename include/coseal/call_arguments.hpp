#pragma once

#include <coseal/action.hpp>
#include <coseal/encoded.hpp>

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace coseal::detail {

/// Fields of an action, and options if they come last.
template <typename Options, typename... Arguments>
inline constexpr bool ends_in_options = false;
template <typename Options, typename First, typename... Rest>
inline constexpr bool ends_in_options<Options, First, Rest...> = [] {
  using last = std::tuple_element_t<sizeof...(Rest), std::tuple<First, Rest...>>;
  return std::is_class_v<std::remove_cvref_t<last>> && std::is_convertible_v<last, Options>;
}();

template <typename A, typename Tuple, std::size_t... Field>
A build_action(Tuple&& fields, std::index_sequence<Field...>) {
  return A(std::get<Field>(std::forward<Tuple>(fields))...);
}

/// Calls `with(action, options)`; the action is made here, outside of any co_await expression.
template <typename A, typename Options, typename With, typename... Arguments>
auto with_action(With with, Arguments&&... arguments) {
  static_assert(!(false || ... || destroyed_twice<Arguments&&>), COSEAL_NAME_IT);
  auto all = std::forward_as_tuple(std::forward<Arguments>(arguments)...);
  if constexpr (ends_in_options<Options, Arguments...>) {
    constexpr std::size_t fields = sizeof...(Arguments) - 1;
    return with(build_action<A>(std::move(all), std::make_index_sequence<fields>()),
                Options(std::get<fields>(std::move(all))));
  } else {
    return with(build_action<A>(std::move(all), std::index_sequence_for<Arguments...>()), Options());
  }
}

/// A named action, which is not copied: it lives until the call ends.
template <typename A>
inline constexpr bool is_temporary_action = action<std::remove_cvref_t<A>> && !std::is_lvalue_reference_v<A>;

}  // namespace coseal::detail
