#pragma once

#include <coseal/codec/base.hpp>
#include <coseal/fields.hpp>

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

namespace coseal {

namespace detail {

/// Characters are no numbers: char has another sign on another machine.
template <class T>
concept travelling_integer =
    std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
    !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t> && sizeof(T) <= 8;
template <class T>
concept travelling_float = std::same_as<T, float> || std::same_as<T, double>;

static_assert(std::numeric_limits<float>::is_iec559 && std::numeric_limits<double>::is_iec559);

constexpr std::string_view integer_name(std::size_t size, bool with_sign) noexcept {
  switch (size) {
    case 1:
      return with_sign ? "i8" : "u8";
    case 2:
      return with_sign ? "i16" : "u16";
    case 4:
      return with_sign ? "i32" : "u32";
    default:
      return with_sign ? "i64" : "u64";
  }
}

}  // namespace detail

/// Integers of 8 bits: one byte. Wider ones: a varint, of signed numbers with zigzag.
template <detail::travelling_integer T>
struct codec<T> {
  static constexpr std::string_view name = detail::integer_name(sizeof(T), std::is_signed_v<T>);
  static constexpr std::size_t least = 1;

  static constexpr std::size_t size(T value) noexcept {
    if constexpr (sizeof(T) == 1) return 1;
    return detail::varint_size(wire(value));
  }
  static std::byte* write(std::byte* at, T value) noexcept {
    if constexpr (sizeof(T) > 1) return detail::write_varint(at, wire(value));
    *at = static_cast<std::byte>(value);
    return at + 1;
  }
  static bool read(decoder& in, T& out) noexcept {
    if constexpr (sizeof(T) == 1) {
      const std::byte* const at = in.take(1);
      if (at == nullptr) return false;
      out = static_cast<T>(std::to_integer<std::uint8_t>(*at));
      return true;
    } else {
      std::uint64_t number = 0;
      if (!in.varint(number)) return false;
      if constexpr (sizeof(T) < 8) {
        // Zigzag keeps the width: what is too wide before is too wide behind.
        if (number > std::numeric_limits<std::make_unsigned_t<T>>::max())
          return in.fail(value_errc::out_of_range);
      }
      if constexpr (std::is_signed_v<T>)
        out = static_cast<T>(detail::from_zigzag(number));
      else
        out = static_cast<T>(number);
      return true;
    }
  }
  static void describe(description& out) { out.add(name); }

 private:
  static constexpr std::uint64_t wire(T value) noexcept {
    if constexpr (std::is_signed_v<T>)
      return detail::zigzag(value);
    else
      return value;
  }
};

/// IEEE 754, big-endian; every bit pattern is a value.
template <detail::travelling_float T>
struct codec<T> {
  static constexpr std::string_view name = sizeof(T) == 4 ? "f32" : "f64";
  static constexpr std::size_t least = sizeof(T);
  using bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

  static constexpr std::size_t size(T) noexcept { return sizeof(T); }
  static std::byte* write(std::byte* at, T value) noexcept {
    return detail::store_big(at, std::bit_cast<bits>(value));
  }
  static bool read(decoder& in, T& out) noexcept {
    const std::byte* const at = in.take(sizeof(T));
    if (at == nullptr) return false;
    out = std::bit_cast<T>(detail::load_big<bits>(at));
    return true;
  }
  static void describe(description& out) { out.add(name); }
};

/// One byte, 0 or 1.
template <>
struct codec<bool> {
  static constexpr std::string_view name = "bool";
  static constexpr std::size_t least = 1;

  static constexpr std::size_t size(bool) noexcept { return 1; }
  static std::byte* write(std::byte* at, bool value) noexcept {
    *at = static_cast<std::byte>(value);
    return at + 1;
  }
  static bool read(decoder& in, bool& out) noexcept {
    const std::byte* const at = in.take(1);
    if (at == nullptr) return false;
    if (*at > std::byte{1}) return in.fail(value_errc::not_canonical);
    out = *at == std::byte{1};
    return true;
  }
  static void describe(description& out) { out.add(name); }
};

namespace detail {

/// True if the enumerators are first, first + 1, ...: then the range is all there is to check.
template <named_enum E>
constexpr bool contiguous() noexcept {
  constexpr auto all = coseal_enumerators(std::type_identity<E>());
  for (std::size_t i = 0; i < all.size(); ++i)
    if (std::underlying_type_t<E>(all[i].value) !=
        static_cast<std::underlying_type_t<E>>(std::underlying_type_t<E>(all[0].value) +
                                               static_cast<std::underlying_type_t<E>>(i)))
      return false;
  return true;
}

template <named_enum E>
constexpr bool is_enumerator(std::underlying_type_t<E> value) noexcept {
  constexpr auto all = coseal_enumerators(std::type_identity<E>());
  if constexpr (contiguous<E>()) {
    return value >= std::underlying_type_t<E>(all.front().value) &&
           value <= std::underlying_type_t<E>(all.back().value);
  } else {
    for (const auto& each : all)
      if (std::underlying_type_t<E>(each.value) == value) return true;
    return false;
  }
}

}  // namespace detail

/// As the underlying integer; after COSEAL_ENUM only what it names is a value.
template <class T>
requires(std::is_enum_v<T> && !std::same_as<T, std::byte>) struct codec<T> {
  using number = std::underlying_type_t<T>;
  static_assert(detail::travelling_integer<number>,
                "coseal: give the enum an integer type: enum class e : std::uint8_t");
  static_assert(
      requires { T{number{}}; }, "coseal: give the enum a fixed type: enum e : std::uint8_t");
  static constexpr std::string_view name = [] {
    if constexpr (detail::named_enum<T>) return coseal_type_name(std::type_identity<T>());
    return codec<number>::name;
  }();
  static constexpr std::size_t least = 1;

  static constexpr std::size_t size(T value) noexcept { return codec<number>::size(number(value)); }
  static std::byte* write(std::byte* at, T value) noexcept { return codec<number>::write(at, number(value)); }
  static bool read(decoder& in, T& out) noexcept {
    number value{};
    if (!codec<number>::read(in, value)) return false;
    if constexpr (detail::named_enum<T>) {
      if (!detail::is_enumerator<T>(value)) return in.fail(value_errc::out_of_range);
    }
    out = static_cast<T>(value);
    return true;
  }
  static void describe(description& out) {
    if constexpr (detail::named_enum<T>) {
      out.add("enum ");
      out.add(name);
      out.add(":");
      out.add(codec<number>::name);
      char before = '{';
      for (const auto& each : coseal_enumerators(std::type_identity<T>())) {
        out.add(std::string_view(&before, 1));
        out.add(each.name);
        out.add("=");
        out.add(std::to_string(number(each.value)));
        before = ',';
      }
      out.add("}");
    } else {
      out.add(name);
    }
  }
};

}  // namespace coseal
