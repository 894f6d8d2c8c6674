#pragma once

#include <coseal/json/scalars.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace coseal {

namespace detail {

template <class T>
bool read_json_element(json_cursor& in, std::size_t index, T& out) {
  return json_codec<T>::read(in, out) || in.in_element(index);
}

template <class T, class Range>
void write_json_elements(std::string& out, const Range& elements) {
  out += '[';
  bool first = true;
  for (const auto& each : elements) {
    if (!std::exchange(first, false)) out += ',';
    json_codec<T>::write(out, each);
  }
  out += ']';
}

}  // namespace detail

template <class T>
struct json_codec<std::vector<T>> {
  static void write(std::string& out, const std::vector<T>& value) {
    detail::write_json_elements<T>(out, value);
  }
  static bool read(json_cursor& in, std::vector<T>& out) {
    out.clear();
    if (!in.enter() || !in.begin_array()) return false;
    for (std::size_t i = 0; in.next_element(); ++i) {
      if (!in.charge(sizeof(T))) return false;
      if constexpr (std::same_as<T, bool>) {
        bool element = false;
        if (!detail::read_json_element(in, i, element)) return false;
        out.push_back(element);
      } else if (!detail::read_json_element(in, i, out.emplace_back())) {
        return false;
      }
    }
    if (in.failed()) return in.in_element(out.size());
    in.leave();
    return true;
  }
};

/// As many elements as the type has.
template <class T, std::size_t N>
struct json_codec<std::array<T, N>> {
  static void write(std::string& out, const std::array<T, N>& value) {
    detail::write_json_elements<T>(out, value);
  }
  static bool read(json_cursor& in, std::array<T, N>& out) {
    if (!in.begin_array()) return false;
    std::size_t n = 0;
    for (; in.next_element(); ++n) {
      if (n == N) return in.fail(value_errc::out_of_range);
      if (!detail::read_json_element(in, n, out[n])) return false;
    }
    return !in.failed() && (n == N || in.fail(value_errc::out_of_range));
  }
};

/// Base64, as bytes of any number.
template <std::size_t N>
struct json_codec<std::array<std::byte, N>> {
  static void write(std::string& out, const std::array<std::byte, N>& value) {
    out += '"';
    detail::append_base64(out, value);
    out += '"';
  }
  static bool read(json_cursor& in, std::array<std::byte, N>& out) {
    std::vector<std::byte> bytes;
    if (!json_codec<std::vector<std::byte>>::read(in, bytes)) return false;
    if (bytes.size() != N) return in.fail(value_errc::out_of_range);
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return true;
  }
};

namespace detail {

/// Keys of objects are text: numbers in decimal, enumerators by name.
template <map_key K>
void write_json_key(std::string& out, const K& key) {
  if constexpr (std::same_as<K, std::string> || named_enum<K>) {
    json_codec<K>::write(out, key);
  } else if constexpr (std::is_enum_v<K>) {
    write_json_key(out, static_cast<std::underlying_type_t<K>>(key));
  } else {
    out += '"';
    json_codec<K>::write(out, key);
    out += '"';
  }
}

template <map_key K>
bool read_json_key(json_cursor& in, std::string_view text, K& out) {
  if constexpr (std::same_as<K, std::string>) {
    out = text;
    return true;
  } else if constexpr (named_enum<K>) {
    return enumerator_named(text, out) || in.fail(value_errc::out_of_range);
  } else if constexpr (std::is_enum_v<K>) {
    std::underlying_type_t<K> number{};
    if (!read_json_key(in, text, number)) return false;
    out = static_cast<K>(number);
    return true;
  } else {
    const char* const end = text.data() + text.size();
    const auto [stopped, code] = std::from_chars(text.data(), end, out);
    // One key, one text: no zeros before it, no -0.
    return (code == std::errc() && stopped == end && std::to_string(out) == text) ||
           in.fail(value_errc::out_of_range);
  }
}

template <class Map>
struct json_map_codec {
  using key_type = typename Map::key_type;
  using mapped_type = typename Map::mapped_type;

  static void write(std::string& out, const Map& value) {
    out += '{';
    bool first = true;
    const auto write_member = [&](const typename Map::value_type& entry) {
      if (!std::exchange(first, false)) out += ',';
      write_json_key(out, entry.first);
      out += ':';
      json_codec<mapped_type>::write(out, entry.second);
    };
    if constexpr (requires { typename Map::hasher; }) {
      for (const auto* entry : in_order(value)) write_member(*entry);
    } else {
      for (const auto& entry : value) write_member(entry);
    }
    out += '}';
  }
  static bool read(json_cursor& in, Map& out) {
    out.clear();
    if (!in.enter() || !in.begin_object()) return false;
    std::string_view text;
    while (in.next_member(text)) {
      if (!in.charge(sizeof(typename Map::value_type) + 4 * sizeof(void*))) return false;
      key_type key{};
      if (!read_json_key(in, text, key)) return in.in_key(text);
      const auto [at, added] = out.try_emplace(std::move(key));
      if (!added) in.fail(value_errc::duplicate_field);
      if (!added || !json_codec<mapped_type>::read(in, at->second)) return in.in_key(text);
    }
    if (in.failed()) return false;
    in.leave();
    return true;
  }
};

}  // namespace detail

template <class K, class V, class Allocator>
struct json_codec<std::map<K, V, std::less<K>, Allocator>>
    : detail::json_map_codec<std::map<K, V, std::less<K>, Allocator>> {};

template <class K, class V, class Hash, class Equal, class Allocator>
struct json_codec<std::unordered_map<K, V, Hash, Equal, Allocator>>
    : detail::json_map_codec<std::unordered_map<K, V, Hash, Equal, Allocator>> {};

namespace detail {
template <class T>
inline constexpr bool writes_null = std::is_same_v<T, std::monostate>;
template <class T>
inline constexpr bool writes_null<std::optional<T>> = true;
}  // namespace detail

/// The value, or null.
template <class T>
struct json_codec<std::optional<T>> {
  static_assert(!detail::writes_null<T>,
                "coseal: an optional of what may be null itself is ambiguous in JSON");

  static void write(std::string& out, const std::optional<T>& value) {
    if (value)
      json_codec<T>::write(out, *value);
    else
      out += "null";
  }
  static bool read(json_cursor& in, std::optional<T>& out) {
    if (!in.null()) return json_codec<T>::read(in, out.emplace());
    out.reset();
    return true;
  }
};

template <>
struct json_codec<std::monostate> {
  static void write(std::string& out, std::monostate) { out += "null"; }
  static bool read(json_cursor& in, std::monostate&) { return in.null() || in.fail(value_errc::wrong_type); }
};

/// An object of one member, which is called like the type of the alternative: `{"address":{...}}`.
template <class... Ts>
struct json_codec<std::variant<Ts...>> {
  using value_type = std::variant<Ts...>;
  static_assert(
      [] {
        constexpr std::array<std::string_view, sizeof...(Ts)> names{codec<Ts>::name...};
        for (std::size_t i = 0; i < names.size(); ++i)
          for (std::size_t j = 0; j < i; ++j)
            if (names[i] == names[j]) return false;
        return true;
      }(),
      "coseal: two alternatives of a variant have the same name in JSON: put them into structs of their own");

  static void write(std::string& out, const value_type& value) {
    std::visit(
        [&out]<class T>(const T& chosen) {
          out += "{\"";
          out += codec<T>::name;
          out += "\":";
          json_codec<T>::write(out, chosen);
          out += '}';
        },
        value);
  }
  static bool read(json_cursor& in, value_type& out) {
    std::string_view key;
    if (!in.begin_object()) return false;
    if (!in.next_member(key)) return in.fail(value_errc::missing_field);
    bool known = false, read = false;
    static_cast<void>(((key == codec<Ts>::name &&
                        (known = true, read = json_codec<Ts>::read(in, out.template emplace<Ts>()), true)) ||
                       ...));
    if (!known) in.fail(value_errc::unknown_field);
    if (!read) return in.in_key(key);
    if (in.next_member(key)) return in.fail(value_errc::unknown_field) || in.in_key(key);
    return !in.failed();
  }
};

}  // namespace coseal
