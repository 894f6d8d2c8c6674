#pragma once

#include <coseal/codec/base.hpp>
#include <coseal/codec/varint.hpp>

#include <optional>
#include <utility>
#include <variant>

namespace coseal {

/// 0, or 1 and the value.
template <class T>
struct codec<std::optional<T>> {
  static constexpr std::string_view name = "optional";
  static constexpr std::size_t least = 1;

  static std::size_t size(const std::optional<T>& value) { return value ? 1 + codec<T>::size(*value) : 1; }
  static std::byte* write(std::byte* at, const std::optional<T>& value) {
    *at++ = static_cast<std::byte>(value.has_value());
    return value ? codec<T>::write(at, *value) : at;
  }
  static bool read(decoder& in, std::optional<T>& out) {
    const std::byte* const at = in.take(1);
    if (at == nullptr) return false;
    if (*at > std::byte{1}) return in.fail(value_errc::not_canonical);
    if (*at == std::byte{1}) return codec<T>::read(in, out.emplace());
    out.reset();
    return true;
  }
  static void describe(description& out) {
    out.add("optional<");
    codec<T>::describe(out);
    out.add(">");
  }
};

/// No bytes: the alternative of a variant that says nothing.
template <>
struct codec<std::monostate> {
  static constexpr std::string_view name = "none";
  static constexpr std::size_t least = 0;

  static constexpr std::size_t size(std::monostate) noexcept { return 0; }
  static std::byte* write(std::byte* at, std::monostate) noexcept { return at; }
  static bool read(decoder&, std::monostate&) noexcept { return true; }
  static void describe(description& out) { out.add(name); }
};

/// The alternative's index from 0, a varint, and its value. A variant is never valueless_by_exception here.
template <class... Ts>
struct codec<std::variant<Ts...>> {
  using value_type = std::variant<Ts...>;
  static constexpr std::string_view name = "variant";
  static constexpr std::size_t least = 1;

  static std::size_t size(const value_type& value) {
    return detail::varint_size(value.index()) +
           std::visit([]<class T>(const T& chosen) { return codec<T>::size(chosen); }, value);
  }
  static std::byte* write(std::byte* at, const value_type& value) {
    at = detail::write_varint(at, value.index());
    return std::visit([at]<class T>(const T& chosen) { return codec<T>::write(at, chosen); }, value);
  }
  static bool read(decoder& in, value_type& out) {
    std::uint64_t index = 0;
    if (!in.varint(index)) return false;
    if (index >= sizeof...(Ts)) return in.fail(value_errc::out_of_range);
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      bool read = false;
      static_cast<void>(
          ((index == I && (read = codec<Ts>::read(in, out.template emplace<I>()), true)) || ...));
      return read;
    }
    (std::index_sequence_for<Ts...>());
  }
  static void describe(description& out) {
    char before = '<';
    out.add(name);
    ((out.add(std::string_view(&before, 1)), codec<Ts>::describe(out), before = ','), ...);
    out.add(">");
  }
};

}  // namespace coseal
