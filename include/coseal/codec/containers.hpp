#pragma once

#include <coseal/codec/scalars.hpp>
#include <coseal/codec/text.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace coseal {

namespace detail {

/// Lists of these are copied as they are.
template <class T>
concept one_byte = std::same_as<T, std::byte> ||
    (travelling_integer<T> && sizeof(T) == 1 && !std::is_enum_v<T>);

template <class T>
concept map_key = travelling_integer<T> || std::is_enum_v<T> || std::same_as<T, std::string>;

/// For the path of a failure.
template <map_key K>
std::string key_text(const K& key) {
  if constexpr (std::same_as<K, std::string>)
    return key;
  else if constexpr (std::is_enum_v<K>)
    return std::to_string(static_cast<std::underlying_type_t<K>>(key));
  else
    return std::to_string(key);
}

template <class T>
bool read_element(decoder& in, std::size_t index, T& out) {
  return codec<T>::read(in, out) || in.in_element(index);
}

}  // namespace detail

/// The number of elements, then the elements.
template <class T>
struct codec<std::vector<T>> {
  static constexpr std::string_view name = "list";
  static constexpr std::size_t least = 1;

  static std::size_t size(const std::vector<T>& value) {
    if constexpr (detail::one_byte<T>) {
      return detail::sized_bytes_size(value.size());
    } else {
      std::size_t n = detail::varint_size(value.size());
      for (const auto& each : value) n += codec<T>::size(each);
      return n;
    }
  }
  static std::byte* write(std::byte* at, const std::vector<T>& value) {
    if constexpr (detail::one_byte<T>) {
      return detail::write_sized_bytes(at, value.data(), value.size());
    } else {
      at = detail::write_varint(at, value.size());
      for (const auto& each : value) at = codec<T>::write(at, each);
      return at;
    }
  }
  static bool read(decoder& in, std::vector<T>& out) {
    static_assert(codec<T>::least > 0,
                  "coseal: elements of a list take at least one byte each, else a list of "
                  "any length would cost its sender nothing");
    out.clear();
    if constexpr (detail::one_byte<T>) {
      std::span<const std::byte> bytes;
      if (!detail::read_sized_bytes(in, bytes)) return false;
      const auto* const first = reinterpret_cast<const T*>(bytes.data());
      out.assign(first, first + bytes.size());
      return true;
    } else {
      std::size_t n = 0;
      if (!in.enter() || !in.count(n, codec<T>::least, sizeof(T))) return false;
      out.reserve(n);
      for (std::size_t i = 0; i < n; ++i) {
        if constexpr (std::same_as<T, bool>) {
          bool element = false;
          if (!detail::read_element(in, i, element)) return false;
          out.push_back(element);
        } else if (!detail::read_element(in, i, out.emplace_back())) {
          return false;
        }
      }
      in.leave();
      return true;
    }
  }
  static void describe(description& out) {
    out.add("list<");
    codec<T>::describe(out);
    out.add(">");
  }
};

/// The elements; their number is the type's.
template <class T, std::size_t N>
struct codec<std::array<T, N>> {
  static constexpr bool raw = detail::one_byte<T>;
  static constexpr std::string_view name = std::same_as<T, std::byte> ? "bytes" : "array";
  static constexpr std::size_t least = [] {
    if constexpr (raw)
      return N;
    else
      return N * codec<T>::least;
  }();

  static std::size_t size(const std::array<T, N>& value) {
    if constexpr (raw) {
      return N;
    } else {
      std::size_t n = 0;
      for (const T& each : value) n += codec<T>::size(each);
      return n;
    }
  }
  static std::byte* write(std::byte* at, const std::array<T, N>& value) {
    if constexpr (raw) {
      if constexpr (N > 0) std::memcpy(at, value.data(), N);
      return at + N;
    } else {
      for (const T& each : value) at = codec<T>::write(at, each);
      return at;
    }
  }
  static bool read(decoder& in, std::array<T, N>& out) {
    if constexpr (raw) {
      const std::byte* const at = in.take(N);
      if (at == nullptr) return N == 0;
      if constexpr (N > 0) std::memcpy(out.data(), at, N);
      return true;
    } else {
      for (std::size_t i = 0; i < N; ++i)
        if (!detail::read_element(in, i, out[i])) return false;
      return true;
    }
  }
  static void describe(description& out) {
    if constexpr (std::same_as<T, std::byte>) {
      out.add("bytes<");
    } else {
      out.add("array<");
      codec<T>::describe(out);
      out.add(",");
    }
    out.add(std::to_string(N));
    out.add(">");
  }
};

namespace detail {

/// The number of entries, then keys and values, the keys strictly ascending: numbers by value, text by its
/// bytes.
template <class Map>
struct map_codec {
  using key_type = typename Map::key_type;
  using mapped_type = typename Map::mapped_type;
  static_assert(map_key<key_type>, "coseal: keys of maps are text, integers or enums");
  static constexpr std::string_view name = "map";
  static constexpr std::size_t least = 1;

  static std::size_t size(const Map& value) {
    std::size_t n = varint_size(value.size());
    for (const auto& [key, mapped] : value)
      n += codec<key_type>::size(key) + codec<mapped_type>::size(mapped);
    return n;
  }
  static bool read(decoder& in, Map& out) {
    // Beside the entry a node has at least what a tree needs: three pointers and a colour.
    constexpr std::size_t memory = sizeof(typename Map::value_type) + 4 * sizeof(void*);
    out.clear();
    std::size_t n = 0;
    if (!in.enter() || !in.count(n, codec<key_type>::least + codec<mapped_type>::least, memory)) return false;
    const key_type* before = nullptr;
    for (std::size_t i = 0; i < n; ++i) {
      key_type key{};
      if (!read_element(in, i, key)) return false;
      if (before != nullptr && !(*before < key)) {
        in.fail(value_errc::not_canonical);
        return in.in_key(key_text(key));
      }
      const auto at = out.emplace_hint(out.end(), std::move(key), mapped_type{});
      before = &at->first;
      if (!codec<mapped_type>::read(in, at->second)) return in.in_key(key_text(at->first));
    }
    in.leave();
    return true;
  }
  static void describe(description& out) {
    out.add("map<");
    codec<key_type>::describe(out);
    out.add(",");
    codec<mapped_type>::describe(out);
    out.add(">");
  }
  static std::byte* write_entry(std::byte* at, const typename Map::value_type& entry) {
    return codec<mapped_type>::write(codec<key_type>::write(at, entry.first), entry.second);
  }
};

/// The entries of an unordered map in the order of their keys.
template <class Map>
std::vector<const typename Map::value_type*> in_order(const Map& map) {
  std::vector<const typename Map::value_type*> entries;
  entries.reserve(map.size());
  for (const auto& entry : map) entries.push_back(&entry);
  std::sort(entries.begin(), entries.end(),
            [](const auto* one, const auto* other) { return one->first < other->first; });
  return entries;
}

}  // namespace detail

template <class K, class V, class Allocator>
struct codec<std::map<K, V, std::less<K>, Allocator>>
    : detail::map_codec<std::map<K, V, std::less<K>, Allocator>> {
  static std::byte* write(std::byte* at, const std::map<K, V, std::less<K>, Allocator>& value) {
    at = detail::write_varint(at, value.size());
    for (const auto& entry : value) at = codec::write_entry(at, entry);
    return at;
  }
};

template <class K, class V, class Hash, class Equal, class Allocator>
struct codec<std::unordered_map<K, V, Hash, Equal, Allocator>>
    : detail::map_codec<std::unordered_map<K, V, Hash, Equal, Allocator>> {
  static std::byte* write(std::byte* at, const std::unordered_map<K, V, Hash, Equal, Allocator>& value) {
    at = detail::write_varint(at, value.size());
    for (const auto* entry : detail::in_order(value)) at = codec::write_entry(at, *entry);
    return at;
  }
};

}  // namespace coseal
