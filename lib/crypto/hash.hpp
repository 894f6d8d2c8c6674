#pragma once

#include "crypto/secret.hpp"

#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>

namespace coseal {

using digest = std::array<std::byte, 32>;

// By nettle where it is built in, which uses the CPU's SHA instructions, else by libsodium: hash_nettle.cpp
// or hash_libsodium.cpp.

/// SHA-256, incremental. A copy is a snapshot: value() of a transcript does not end it.
class sha256 {
 public:
  sha256() noexcept;
  sha256& update(std::span<const std::byte> data) noexcept;
  /// The digest of all so far; more may follow.
  digest value() const noexcept;
  static digest of(std::span<const std::byte> data) noexcept;

 private:
  static constexpr std::size_t state_size = 112;
  alignas(8) std::array<std::byte, state_size> state_;
};

/// HMAC-SHA-256 under one key, its two key blocks hashed once (RFC 2104). Wiped when it goes.
class hmac_key {
 public:
  explicit hmac_key(std::span<const std::byte> key) noexcept;
  hmac_key(const hmac_key&) = delete;
  hmac_key& operator=(const hmac_key&) = delete;
  ~hmac_key();
  /// The MAC over the concatenation of the pieces.
  void sign(std::initializer_list<std::span<const std::byte>> pieces,
            std::span<std::byte, 32> out) const noexcept;
  [[nodiscard]] bool verify(std::span<const std::byte> message,
                            std::span<const std::byte> mac) const noexcept;

 private:
  static constexpr std::size_t state_size = 336;
  alignas(8) std::array<std::byte, state_size> state_;
};

}  // namespace coseal
