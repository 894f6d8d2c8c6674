#pragma once

#include "websocket/frame_header.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coseal::test {

using bytes = std::vector<std::byte>;

inline constexpr websocket::masking_key test_key{std::byte{0x11}, std::byte{0x22}, std::byte{0x33},
                                                 std::byte{0x44}};

/// One frame as the peer of `to` sends it.
inline bytes frame_to(websocket::role to, unsigned first_byte, std::string_view payload) {
  websocket::frame_header header;
  header.length = payload.size();
  if (to == websocket::role::server) header.mask = test_key;
  std::array<std::byte, websocket::frame_header::largest> head;
  const std::size_t n = header.write(head);
  head[0] = static_cast<std::byte>(first_byte);
  bytes out(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(n));
  for (std::size_t i = 0; i < payload.size(); ++i) {
    auto byte = static_cast<std::byte>(payload[i]);
    if (header.mask) byte ^= test_key[i % 4];
    out.push_back(byte);
  }
  return out;
}

inline bytes joined(const std::vector<bytes>& parts) {
  bytes out;
  for (const auto& each : parts) out.insert(out.end(), each.begin(), each.end());
  return out;
}

inline std::string text_of(std::span<const std::byte> from) {
  return {reinterpret_cast<const char*>(from.data()), from.size()};
}

}  // namespace coseal::test
