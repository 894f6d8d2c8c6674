#pragma once

#include <array>
#include <string_view>
#include <type_traits>

namespace coseal::detail {

constexpr std::string_view unqualified(std::string_view name) noexcept {
  const auto colon = name.rfind(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

template <class E>
struct enumerator {
  E value;
  std::string_view name;
};

/// COSEAL_STRUCT or COSEAL_ACTION has named the fields of T.
template <class T>
concept named_struct = requires {
  coseal_fields(std::type_identity<T>(), [](auto, auto) { return true; });
};
/// COSEAL_ENUM has named the enumerators of T.
template <class T>
concept named_enum = requires {
  coseal_enumerators(std::type_identity<T>());
};

}  // namespace coseal::detail

/// COSEAL_STRUCT(type, field...) names the fields of a struct, all of them, in the order in which they
/// travel; at most 64. It stands in the namespace of the type, behind its definition and before its first
/// use:
///
///     struct address { std::string street; std::uint32_t zip = 0; };
///     COSEAL_STRUCT(address, street, zip)
///
/// A field that is left out does not compile: "only 1 name provided for structured binding, while 'address'
/// decomposes into 2 elements". Fields of a base class can not be named beside own ones.
#define COSEAL_STRUCT(type, ...)                                                                         \
  [[maybe_unused]] constexpr std::string_view coseal_type_name(std::type_identity<type>) noexcept {      \
    return ::coseal::detail::unqualified(#type);                                                         \
  }                                                                                                      \
  template <class Coseal_visit>                                                                          \
  constexpr bool coseal_fields(std::type_identity<type>, [[maybe_unused]] Coseal_visit&& coseal_visit) { \
    using coseal_type [[maybe_unused]] = type;                                                           \
    return true COSEAL_EACH(COSEAL_VISIT_FIELD, __VA_ARGS__);                                            \
  }                                                                                                      \
  [[maybe_unused]] inline void coseal_all_fields_are_named([[maybe_unused]] const type& coseal_value) {  \
    static_assert(std::is_empty_v<type> == (sizeof(#__VA_ARGS__) == 1),                                  \
                  "coseal: " #type " has fields that are not named");                                    \
    __VA_OPT__([[maybe_unused]] const auto& [COSEAL_BINDINGS(__VA_ARGS__)] = coseal_value;)              \
  }

/// COSEAL_ENUM(type, enumerator...) names the values that an enum may have, at most 64; JSON uses the names.
/// It stands where COSEAL_STRUCT would.
#define COSEAL_ENUM(type, ...)                                                                      \
  [[maybe_unused]] constexpr std::string_view coseal_type_name(std::type_identity<type>) noexcept { \
    return ::coseal::detail::unqualified(#type);                                                    \
  }                                                                                                 \
  [[maybe_unused]] constexpr auto coseal_enumerators(std::type_identity<type>) noexcept {           \
    using coseal_type = type;                                                                       \
    using coseal_one = ::coseal::detail::enumerator<type>;                                          \
    return std::array{COSEAL_EACH(COSEAL_ENUMERATOR, __VA_ARGS__)};                                 \
  }

#define COSEAL_VISIT_FIELD(field) &&coseal_visit(std::string_view(#field), &coseal_type::field)
#define COSEAL_ENUMERATOR(each) coseal_one{coseal_type::each, #each},
#define COSEAL_BINDINGS(first, ...) coseal_field_##first COSEAL_EACH(COSEAL_BINDING, __VA_ARGS__)
#define COSEAL_BINDING(field) , coseal_field_##field

// What macro(argument) gives for each argument: a macro that names itself again is expanded once a scan, and
// there are 85 scans.
#define COSEAL_EACH(macro, ...) __VA_OPT__(COSEAL_SCAN_64(COSEAL_EACH_STEP(macro, __VA_ARGS__)))
#define COSEAL_EACH_STEP(macro, first, ...) \
  macro(first) __VA_OPT__(COSEAL_EACH_AGAIN COSEAL_PARENTHESES(macro, __VA_ARGS__))
#define COSEAL_EACH_AGAIN() COSEAL_EACH_STEP
#define COSEAL_PARENTHESES ()
#define COSEAL_SCAN_64(...) COSEAL_SCAN_16(COSEAL_SCAN_16(COSEAL_SCAN_16(COSEAL_SCAN_16(__VA_ARGS__))))
#define COSEAL_SCAN_16(...) COSEAL_SCAN_4(COSEAL_SCAN_4(COSEAL_SCAN_4(COSEAL_SCAN_4(__VA_ARGS__))))
#define COSEAL_SCAN_4(...) COSEAL_SCAN_1(COSEAL_SCAN_1(COSEAL_SCAN_1(COSEAL_SCAN_1(__VA_ARGS__))))
#define COSEAL_SCAN_1(...) __VA_ARGS__
