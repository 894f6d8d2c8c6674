#pragma once

#include <coseal/codec.hpp>
#include <coseal/fields.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

/// COSEAL_ACTION(type, field...) makes a struct an action: its fields are the input of a call, or what a push
/// says. It stands where COSEAL_STRUCT would.
///
///     struct rename {
///       std::uint64_t user = 0;
///       std::string name;
///       using reply = std::uint64_t;                            // left out: nothing comes back but that it
///       is done using errors = coseal::declared<not_found, too_long>;   // left out: none; structs named by
///       COSEAL_STRUCT
///     };
///     COSEAL_ACTION(rename, user, name)
///
/// On the wire it is called `rename`, without its namespaces; `static constexpr std::string_view action_name
/// = "..."` in the struct names it otherwise (letters, digits, `_`, `-` and `.`).
#define COSEAL_ACTION(type, ...)                                                        \
  COSEAL_STRUCT(type, __VA_ARGS__)                                                      \
  [[maybe_unused]] constexpr bool coseal_is_action(std::type_identity<type>) noexcept { \
    return true;                                                                        \
  }

namespace coseal {

/// The errors that an action may answer with, beside its reply: structs, each once.
template <class... Errors>
struct declared {
  static constexpr std::size_t size = sizeof...(Errors);
  /// The position of E, or `size` where it is none of them.
  template <class E>
  static constexpr std::size_t index_of = [] {
    constexpr bool same[] = {std::is_same_v<E, Errors>..., true};
    std::size_t i = 0;
    while (!same[i]) ++i;
    return i;
  }();
  template <class E>
  static constexpr bool contains = index_of<E> < size;
};

/// A struct named by COSEAL_ACTION.
template <class A>
concept action = requires {
  coseal_is_action(std::type_identity<A>());
};

namespace detail {

template <class A>
struct action_reply {
  using type = void;
};
template <class A>
requires requires {
  typename A::reply;
}
struct action_reply<A> {
  using type = typename A::reply;
};
template <class A>
struct action_errors {
  using type = declared<>;
};
template <class A>
requires requires {
  typename A::errors;
}
struct action_errors<A> {
  using type = typename A::errors;
};

}  // namespace detail

/// What a call of A gives; void where A names no reply.
template <action A>
using reply_of = typename detail::action_reply<A>::type;
/// The declared<...> of A.
template <action A>
using errors_of = typename detail::action_errors<A>::type;

/// What A is called on the wire.
template <action A>
constexpr std::string_view action_name() noexcept {
  if constexpr (requires { std::string_view(A::action_name); })
    return A::action_name;
  else
    return codec<A>::name;
}

namespace detail {

template <class... Errors>
void describe_errors(description& out, declared<Errors...>) {
  ((out.add("!"), codec<Errors>::describe(out)), ...);
}

template <action A>
void describe_action(description& out) {
  out.add(action_name<A>());
  out.add("{");
  coseal_fields(std::type_identity<A>(), [&]<class F>(std::string_view field_name, F A::*) {
    out.field(field_name);
    codec<F>::describe(out);
    return true;
  });
  out.add("}");
  if constexpr (requires { typename A::takes; }) {
    out.add("<-");
    codec<typename A::takes>::describe(out);
  }
  if constexpr (!std::is_void_v<reply_of<A>>) {
    out.add("->");
    codec<reply_of<A>>::describe(out);
  }
  describe_errors(out, errors_of<A>());
}

}  // namespace detail

/// The canonical text of a type, or of an action with its reply and errors: what stands in a channel's
/// definition. Two types with the same text have the same encoding. docs/protocol.md, Values, has the
/// grammar.
template <class T>
std::string describe() {
  description out;
  if constexpr (action<T>)
    detail::describe_action<T>(out);
  else
    codec<T>::describe(out);
  return std::move(out).take();
}

}  // namespace coseal
