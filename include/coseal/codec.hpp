#pragma once

#include <coseal/codec/choices.hpp>
#include <coseal/codec/chrono.hpp>
#include <coseal/codec/containers.hpp>
#include <coseal/codec/scalars.hpp>
#include <coseal/codec/structs.hpp>
#include <coseal/codec/text.hpp>
#include <coseal/result.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

/// Values as bytes: compact, positional, one encoding a value; docs/protocol.md, Values. All functions are
/// pure and may be called from any thread.
namespace coseal {

/// Bytes that encode_to writes for this value.
template <class T>
std::size_t encoded_size(const T& value) {
  return codec<T>::size(value);
}

/// Writes exactly encoded_size(value) bytes; gives the place behind them.
template <class T>
std::byte* encode_to(std::byte* at, const T& value) {
  return codec<T>::write(at, value);
}

template <class T>
std::vector<std::byte> encode(const T& value) {
  std::vector<std::byte> out(codec<T>::size(value));
  codec<T>::write(out.data(), value);
  return out;
}

/// The value of which `bytes` are the encoding; every other input is an error of value_errc, whose place
/// `where` names. Safe on bytes of a stranger: the elements of all lists and maps together may take 64 bytes
/// of memory for each byte of input and 4 MiB more, and stand at most max_value_depth deep within each other.
template <class T>
result<T> decode(std::span<const std::byte> bytes, decode_failure* where = nullptr) {
  static_assert(std::is_default_constructible_v<T>, "coseal: a value that is decoded starts as T{}");
  decoder in(bytes, where);
  result<T> out(T{});
  if (!codec<T>::read(in, *out) || !in.complete()) return in.finish();
  return out;
}

}  // namespace coseal
