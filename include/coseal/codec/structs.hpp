#pragma once

#include <coseal/codec/base.hpp>
#include <coseal/fields.hpp>

#include <typeindex>
#include <utility>

namespace coseal {

/// The fields one behind the other, without names, numbers or gaps.
template <detail::named_struct T>
struct codec<T> {
  static constexpr std::string_view name = coseal_type_name(std::type_identity<T>());
  static constexpr std::size_t least = [] {
    std::size_t sum = 0;
    coseal_fields(std::type_identity<T>(), [&sum]<class F>(std::string_view, F T::*) {
      sum += codec<F>::least;
      return true;
    });
    return sum;
  }();

  static std::size_t size(const T& value) {
    std::size_t n = 0;
    coseal_fields(std::type_identity<T>(), [&]<class F>(std::string_view, F T::*field) {
      n += codec<F>::size(value.*field);
      return true;
    });
    return n;
  }
  static std::byte* write(std::byte* at, const T& value) {
    coseal_fields(std::type_identity<T>(), [&]<class F>(std::string_view, F T::*field) {
      at = codec<F>::write(at, value.*field);
      return true;
    });
    return at;
  }
  static bool read(decoder& in, T& out) {
    return coseal_fields(std::type_identity<T>(), [&]<class F>(std::string_view field_name, F T::*field) {
      return codec<F>::read(in, out.*field) || in.in_field(field_name);
    });
  }
  static void describe(description& out) {
    if (!out.open_struct(name, typeid(T))) return;
    coseal_fields(std::type_identity<T>(), [&]<class F>(std::string_view field_name, F T::*) {
      out.field(field_name);
      codec<F>::describe(out);
      return true;
    });
    out.close_struct();
  }
};

/// Base of the codec of a type that travels as another one:
///
///     template <>
///     struct coseal::codec<uuid> : coseal::codec_via<uuid, std::string> {
///       static constexpr std::string_view name = "uuid";
///       static std::string to_wire(const uuid& value);
///       static bool from_wire(std::string&& text, uuid& out);  // false: refuse it
///     };
///
/// `from_wire` accepts nothing but what `to_wire` makes, else one value had two encodings. JSON follows by
/// itself.
template <class T, class Wire>
struct codec_via {
  using wire_type = Wire;
  static constexpr std::size_t least = codec<Wire>::least;

  static std::size_t size(const T& value) { return codec<Wire>::size(codec<T>::to_wire(value)); }
  static std::byte* write(std::byte* at, const T& value) {
    return codec<Wire>::write(at, codec<T>::to_wire(value));
  }
  static bool read(decoder& in, T& out) {
    Wire wire{};
    if (!codec<Wire>::read(in, wire)) return false;
    return codec<T>::from_wire(std::move(wire), out) || in.fail(value_errc::refused);
  }
  static void describe(description& out) {
    out.add(codec<T>::name);
    out.add("(");
    codec<Wire>::describe(out);
    out.add(")");
  }
};

}  // namespace coseal
