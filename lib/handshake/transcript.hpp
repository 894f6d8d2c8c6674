#pragma once

#include "crypto/hash.hpp"

#include <cstddef>
#include <span>

namespace coseal {

/// What kind of carrier a handshake runs over; part of every signature.
enum class carrier_kind {
  duplex,
  exchange,  ///< one request, one reply: HTTP
};

/// The running hash over everything said so far, from S of docs/protocol.md section 4. TH1 to TH7 are its
/// values.
class transcript {
 public:
  explicit transcript(carrier_kind carrier) noexcept;

  /// Appends what was said and returns TH up to here.
  digest add(std::span<const std::byte> said) noexcept { return hash_.update(said).value(); }
  /// The same where nobody asks for the value.
  void append(std::span<const std::byte> said) noexcept { hash_.update(said); }
  digest value() const noexcept { return hash_.value(); }

 private:
  sha256 hash_;
};

}  // namespace coseal
