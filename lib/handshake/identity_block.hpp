#pragma once

#include "handshake/parameters.hpp"
#include "trust/succession.hpp"

#include <coseal/coordinate.hpp>
#include <coseal/public_key.hpp>
#include <coseal/result.hpp>

#include <span>
#include <vector>

namespace coseal {

/// identity_x of docs/protocol.md: who a side is and what it announces.
struct identity_block {
  public_key key;
  coordinate where;
  parameters params;
  succession_chain succession;

  std::vector<std::byte> encode() const;
  /// errc::malformed_message, unknown_critical_extension.
  static result<identity_block> parse(std::span<const std::byte> bytes);
};

}  // namespace coseal
