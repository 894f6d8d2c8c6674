#pragma once
// What the plain-Asio baselines share.

#include "options.hpp"

#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace coseal::bench {

/// A TCP or Unix socket of plain Asio.
using plain_socket = asio::generic::stream_protocol::socket;

/// Two connected ones, one for each context.
std::pair<plain_socket, plain_socket> plain_pair(asio::io_context& first, asio::io_context& second,
                                                 carrier_kind carrier, const std::string& congestion);

/// Four bytes, the most significant first.
inline void write_length(std::byte* out, std::size_t length) {
  for (int i = 0; i < 4; ++i) out[i] = static_cast<std::byte>(length >> (24 - 8 * i));
}
inline std::size_t read_length(const std::byte* in) {
  std::size_t length = 0;
  for (int i = 0; i < 4; ++i) length = length << 8 | std::to_integer<std::size_t>(in[i]);
  return length;
}

/// Completion handler of co_spawn: lets an exception out of io_context::run.
inline constexpr auto rethrow = [](std::exception_ptr failure) {
  if (failure) std::rethrow_exception(failure);
};

}  // namespace coseal::bench
