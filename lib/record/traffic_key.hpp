#pragma once

#include "crypto/aead.hpp"
#include "crypto/secret.hpp"

#include <coseal/clock.hpp>
#include <coseal/result.hpp>
#include <coseal/session_options.hpp>

#include <cstdint>
#include <memory>

namespace coseal {

/// One direction's traffic secret with what is derived from it: key, iv, sequence, epoch. Owns nonce
/// discipline: a nonce is checked against the hard limits before it is given out, and given out once.
class traffic_key {
 public:
  static constexpr std::uint64_t hard_records = std::uint64_t{1} << 24;
  static constexpr std::uint64_t hard_bytes = std::uint64_t{1} << 37;

  traffic_key(secret32 secret, const aead_backend& backend, clock::time_point now);

  /// Expanded on first use.
  aead_key& aead() {
    if (!key_) expand();
    return *key_;
  }
  /// Until it is needed again: its 1.1 KiB can be made of the secret at any time.
  void drop_expanded_key() noexcept { key_.reset(); }
  /// The nonce for the next record of `bytes` bytes, to seal or to open; errc::record_limit.
  result<nonce_bytes> next_nonce_to_seal(std::size_t bytes) noexcept;
  result<nonce_bytes> next_nonce(std::size_t bytes) noexcept;
  /// ap' = XL(ap, "upd", ""): a new key, sequence 0, the next epoch; the old ones are wiped.
  void update(clock::time_point now);

  bool due(const rekey_limits& limits, clock::time_point now) const noexcept {
    return sequence_ >= limits.records || bytes_ >= limits.bytes || now - since_ >= limits.age;
  }
  std::uint64_t epoch() const noexcept { return epoch_; }
  std::uint64_t sequence() const noexcept { return sequence_; }
  const aead_backend& backend() const noexcept { return *backend_; }

 private:
  void derive();
  void expand();

  secret32 secret_;
  const aead_backend* backend_;
  std::unique_ptr<aead_key> key_;
  nonce_bytes iv_{};
  std::uint64_t sequence_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t epoch_ = 0;
  clock::time_point since_;
};

}  // namespace coseal
