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
  /// Behind M2. On an exchange carrier all said so far gives way to its digest D, and TH4 is H(S | D): a
  /// digest can wait in a token, the inner state of a hash can not. Returns D.
  digest settle() noexcept {
    const digest d = value();
    if (carrier_ == carrier_kind::exchange) *this = settled(d);
    return d;
  }
  /// An exchange's transcript as settle() left it.
  static transcript settled(const digest& d) noexcept {
    transcript said(carrier_kind::exchange);
    said.append(d);
    return said;
  }

 private:
  carrier_kind carrier_;
  sha256 hash_;
};

}  // namespace coseal
