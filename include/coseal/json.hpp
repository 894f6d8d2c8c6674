#pragma once

#include <coseal/json/containers.hpp>
#include <coseal/json/scalars.hpp>

#include <bitset>
#include <string>
#include <string_view>

/// Values as JSON (RFC 8259); docs/protocol.md, Values, says which. This header is there for who speaks JSON
/// alone; it needs a library with JSON (Meson option `json`).
namespace coseal {

/// An object with all fields. Reading: in any order, each once, none that the struct does not have.
template <detail::named_struct T>
struct json_codec<T> {
  static constexpr std::size_t fields = [] {
    std::size_t n = 0;
    coseal_fields(std::type_identity<T>(), [&n](std::string_view, auto) { return ++n, true; });
    return n;
  }();

  static void write(std::string& out, const T& value) {
    char before = '{';
    coseal_fields(std::type_identity<T>(), [&]<class F>(std::string_view name, F T::*field) {
      out += before;
      out += '"';
      out += name;
      out += "\":";
      json_codec<F>::write(out, value.*field);
      before = ',';
      return true;
    });
    if (before == '{') out += '{';
    out += '}';
  }

  static bool read(json_cursor& in, T& out) {
    if (!in.begin_object()) return false;
    std::bitset<fields> seen;
    std::string_view key;
    while (in.next_member(key)) {
      bool known = false, read = false;
      std::size_t i = 0;
      coseal_fields(std::type_identity<T>(), [&]<class F>(std::string_view name, F T::*field) {
        if (name != key) return ++i, true;
        known = true;
        read = seen[i] ? in.fail(value_errc::duplicate_field) : json_codec<F>::read(in, out.*field);
        seen[i] = true;
        return false;
      });
      if (!known) {
        in.fail(value_errc::unknown_field);
        return in.in_key(key);
      }
      if (!read) return in.in_field(key);
    }
    if (in.failed()) return false;
    std::size_t i = 0;
    return coseal_fields(std::type_identity<T>(), [&](std::string_view name, auto) {
      if (seen[i++]) return true;
      in.fail(value_errc::missing_field);
      return in.in_field(name);
    });
  }
};

/// Appends the JSON of a value, without white space. Throws coseal::error with value_errc::no_json_form for
/// NaN, the infinities and years outside 0000 to 9999, with out_of_range for an enumerator without a name,
/// and with not_utf8.
template <class T>
void to_json(std::string& out, const T& value) {
  json_codec<T>::write(out, value);
}

/// The value that `text` is the JSON of; everything else is an error of value_errc whose place `where` names.
/// Safe on text of a stranger, within the limits of decode().
template <class T>
result<T> from_json(std::string_view text, decode_failure* where = nullptr) {
  static_assert(std::is_default_constructible_v<T>, "coseal: a value that is read starts as T{}");
  json_cursor in(text, where);
  result<T> out(T{});
  if (in.failed() || !json_codec<T>::read(in, *out) || !in.complete()) return in.finish();
  return out;
}

}  // namespace coseal
