#pragma once

#include <coseal/codec.hpp>
#include <coseal/json/cursor.hpp>
#include <coseal/json/writing.hpp>

#include <concepts>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace coseal {

/// How values of T stand in JSON. A type whose codec is a codec_via has it by itself; for one with bytes of
/// its own specialise this template with
///
///     static void write(std::string& out, const T&);
///     static bool read(json_cursor&, T&);  // false after json_cursor::fail or a read that said false
template <class T>
struct json_codec {
  static_assert(
      requires { typename codec<T>::wire_type; },
      "coseal: this type has a codec of its own but no JSON: specialise coseal::json_codec");
  using wire_type = typename codec<T>::wire_type;

  static void write(std::string& out, const T& value) {
    json_codec<wire_type>::write(out, codec<T>::to_wire(value));
  }
  static bool read(json_cursor& in, T& out) {
    wire_type wire{};
    if (!json_codec<wire_type>::read(in, wire)) return false;
    return codec<T>::from_wire(std::move(wire), out) || in.fail(value_errc::refused);
  }
};

namespace detail {

template <class T>
using widest = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;

}  // namespace detail

/// A number, exact at 64 bits as well.
template <detail::travelling_integer T>
struct json_codec<T> {
  static void write(std::string& out, T value) {
    detail::append_json_number(out, static_cast<detail::widest<T>>(value));
  }
  static bool read(json_cursor& in, T& out) {
    detail::widest<T> number = 0;
    if (!in.number(number)) return false;
    if (!std::in_range<T>(number)) return in.fail(value_errc::out_of_range);
    out = static_cast<T>(number);
    return true;
  }
};

/// A number; NaN and the infinities have none.
template <detail::travelling_float T>
struct json_codec<T> {
  static void write(std::string& out, T value) { detail::append_json_number(out, value); }
  static bool read(json_cursor& in, T& out) { return in.number(out); }
};

template <>
struct json_codec<bool> {
  static void write(std::string& out, bool value) { out += value ? "true" : "false"; }
  static bool read(json_cursor& in, bool& out) { return in.boolean(out); }
};

namespace detail {

template <named_enum E>
bool enumerator_named(std::string_view name, E& out) {
  for (const auto& each : coseal_enumerators(std::type_identity<E>())) {
    if (each.name != name) continue;
    out = each.value;
    return true;
  }
  return false;
}

/// Empty for a value without a name.
template <named_enum E>
std::string_view name_of(E value) {
  for (const auto& each : coseal_enumerators(std::type_identity<E>()))
    if (each.value == value) return each.name;
  return {};
}

}  // namespace detail

/// Its name after COSEAL_ENUM, else the number.
template <class T>
requires(std::is_enum_v<T> && !std::same_as<T, std::byte>) struct json_codec<T> {
  using number = std::underlying_type_t<T>;

  static void write(std::string& out, T value) {
    if constexpr (detail::named_enum<T>) {
      const std::string_view name = detail::name_of(value);
      if (name.empty()) throw error(value_errc::out_of_range);
      detail::append_json_text(out, name);
    } else {
      json_codec<number>::write(out, static_cast<number>(value));
    }
  }
  static bool read(json_cursor& in, T& out) {
    if constexpr (detail::named_enum<T>) {
      std::string_view name;
      return in.text(name) && (detail::enumerator_named(name, out) || in.fail(value_errc::out_of_range));
    } else {
      number value{};
      if (!json_codec<number>::read(in, value)) return false;
      out = static_cast<T>(value);
      return true;
    }
  }
};

template <>
struct json_codec<std::string> {
  static void write(std::string& out, const std::string& value) { detail::append_json_text(out, value); }
  static bool read(json_cursor& in, std::string& out) {
    std::string_view text;
    if (!in.text(text)) return false;
    out = text;
    return true;
  }
};

/// Base64 (RFC 4648 4).
template <>
struct json_codec<std::vector<std::byte>> {
  static void write(std::string& out, const std::vector<std::byte>& value) {
    out += '"';
    detail::append_base64(out, value);
    out += '"';
  }
  static bool read(json_cursor& in, std::vector<std::byte>& out) {
    std::string_view text;
    return in.text(text) && (detail::read_base64(text, out) || in.fail(value_errc::out_of_range));
  }
};

/// The count.
template <class Rep, class Period>
struct json_codec<std::chrono::duration<Rep, Period>> {
  static void write(std::string& out, std::chrono::duration<Rep, Period> value) {
    json_codec<Rep>::write(out, value.count());
  }
  static bool read(json_cursor& in, std::chrono::duration<Rep, Period>& out) {
    Rep count{};
    if (!json_codec<Rep>::read(in, count)) return false;
    out = std::chrono::duration<Rep, Period>(count);
    return true;
  }
};

/// RFC 3339 in UTC, with 0, 3, 6 or 9 digits behind the point as the type has them.
template <class Duration>
struct json_codec<std::chrono::sys_time<Duration>> {
  using period = typename Duration::period;
  static constexpr std::int64_t in_second = period::den, of_seconds = period::num;
  static constexpr unsigned digits = in_second == 1           ? 0
                                     : in_second == 1'000     ? 3
                                     : in_second == 1'000'000 ? 6
                                                              : 9;
  static constexpr std::int64_t nanoseconds_each = 1'000'000'000 / in_second;

  static void write(std::string& out, std::chrono::sys_time<Duration> value) {
    const std::int64_t count = value.time_since_epoch().count();
    const std::int64_t part = (count % in_second + in_second) % in_second;
    const std::int64_t whole = count / in_second - (count % in_second < 0 ? 1 : 0);
    // Times so far away that they do not fit a number of seconds have no year of four digits either.
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / of_seconds;
    if (whole > most || whole < -most) throw error(value_errc::no_json_form);
    out += '"';
    detail::append_rfc3339(out, whole * of_seconds, static_cast<std::uint32_t>(part * nanoseconds_each),
                           digits);
    out += '"';
  }
  static bool read(json_cursor& in, std::chrono::sys_time<Duration>& out) {
    std::string_view text;
    std::int64_t seconds = 0;
    std::uint32_t nanoseconds = 0;
    if (!in.text(text)) return false;
    if (!detail::read_rfc3339(text, seconds, nanoseconds)) return in.fail(value_errc::out_of_range);
    std::int64_t count = 0;
    const std::int64_t part = nanoseconds / nanoseconds_each;
    // Towards zero: whole seconds times in_second may not fit where the sum with the part does.
    const bool before = seconds < 0 && part > 0;
    if (nanoseconds % nanoseconds_each != 0 || seconds % of_seconds != 0 ||
        __builtin_mul_overflow((seconds + (before ? 1 : 0)) / of_seconds, in_second, &count) ||
        __builtin_add_overflow(count, before ? part - in_second : part, &count) ||
        !std::in_range<typename Duration::rep>(count))
      return in.fail(value_errc::out_of_range);
    out = std::chrono::sys_time<Duration>(Duration(static_cast<typename Duration::rep>(count)));
    return true;
  }
};

}  // namespace coseal
