#pragma once

#include <coseal/codec/decoder.hpp>
#include <coseal/codec/description.hpp>

#include <cstddef>
#include <string_view>

namespace coseal {

namespace detail {
template <class>
inline constexpr bool always_false = false;
}

/// How values of T travel. A type of one's own is most easily mapped to one that has a codec, see codec_via;
/// one with bytes of its own specialises this template with:
///
///     static constexpr std::string_view name;      // of the type, in JSON's variants and in descriptions
///     static constexpr std::size_t least;          // the fewest bytes of a value, above 0 in lists
///     static std::size_t size(const T&);           // of the encoding, exactly
///     static std::byte* write(std::byte*, const T&);  // exactly so many; the end
///     static bool read(decoder&, T&);              // false after decoder::fail or a read that said false
///     static void describe(description&);          // adds a text that changes when the encoding does
///
/// For a value the encoding must be one, and `read` refuses every other.
template <class T>
struct codec {
  static_assert(
      detail::always_false<T>,
      "coseal: this type has no codec. Name the fields of a struct with COSEAL_STRUCT(type, field...) or "
      "COSEAL_ACTION in the type's own namespace, before its first use; map a type of another kind with "
      "coseal::codec_via; raw pointers, references, C arrays and char are not values that travel");
};

}  // namespace coseal
