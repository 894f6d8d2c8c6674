#pragma once

#include <coseal/audience.hpp>
#include <coseal/result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace coseal {

/// A push on its way to the other processes of a server, before it is sealed. docs/protocol.md, relay.
struct relayed_push {
  std::array<std::byte, 16> process{};  ///< who sends: random for each server
  std::uint64_t number = 0;             ///< of this process, from 1
  std::uint64_t time = 0;               ///< ms since 1970
  push_target to = all_clients();       ///< never a client_id, which is of one process
  std::array<std::byte, 8> action{};    ///< of the text that the handshake compares
  std::uint16_t position = 0;
  std::vector<std::byte> body;
};

std::vector<std::byte> write_relayed_push(const relayed_push& message);
/// errc::malformed_message for what write_relayed_push does not write.
result<relayed_push> parse_relayed_push(std::span<const std::byte> bytes);

}  // namespace coseal
