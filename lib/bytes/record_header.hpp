#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace coseal {

enum class record_kind : std::uint8_t {
  hello = 0x01,
  hello_reply = 0x02,
  finish = 0x03,
  refused = 0x04,
  abort = 0x05,
  resume = 0x06,
  resume_ack = 0x07,
  traffic = 0x10,
  request = 0x20,  ///< on exchange carriers alone, as is the next
  response = 0x21,
};

/// The 8 bytes before every record's body; docs/protocol.md section 2.
struct record_header {
  static constexpr std::size_t size = 8;

  std::uint32_t length = 0;  ///< of the body, tag included
  record_kind kind = record_kind::traffic;
  std::uint8_t epoch = 0;
  std::uint16_t zero = 0;  ///< as it came; anything but 0 is malformed

  constexpr std::array<std::byte, size> bytes() const noexcept {
    std::array<std::byte, size> out{};
    write(out);
    return out;
  }
  constexpr void write(std::span<std::byte, size> out) const noexcept {
    for (int i = 0; i < 4; ++i)
      out[static_cast<std::size_t>(i)] = static_cast<std::byte>(length >> (24 - 8 * i));
    out[4] = static_cast<std::byte>(kind);
    out[5] = static_cast<std::byte>(epoch);
    out[6] = static_cast<std::byte>(zero >> 8);
    out[7] = static_cast<std::byte>(zero & 0xff);
  }
  static constexpr record_header parse(std::span<const std::byte, size> in) noexcept {
    const auto at = [&](std::size_t i) { return std::to_integer<std::uint32_t>(in[i]); };
    return {at(0) << 24 | at(1) << 16 | at(2) << 8 | at(3), static_cast<record_kind>(in[4]),
            static_cast<std::uint8_t>(in[5]), static_cast<std::uint16_t>(at(6) << 8 | at(7))};
  }
  friend constexpr bool operator==(const record_header&, const record_header&) = default;
};

/// The largest body a kind may have outside of TRAFFIC; 0 for a kind that no handshake knows.
constexpr std::uint32_t handshake_limit(record_kind kind) noexcept {
  switch (kind) {
    case record_kind::hello:
      return 1024;
    case record_kind::hello_reply:
      return 4096;
    case record_kind::finish:
      return 4096;
    case record_kind::refused:
      return 64;
    case record_kind::abort:
      return 256;
    case record_kind::resume:
      return 1024;
    case record_kind::resume_ack:
      return 256;
    case record_kind::traffic:
    case record_kind::request:
    case record_kind::response:
      return 0;
  }
  return 0;
}

}  // namespace coseal
