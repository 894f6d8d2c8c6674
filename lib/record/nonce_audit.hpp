#pragma once

#include "crypto/aead.hpp"

#include <cstddef>
#include <span>

namespace coseal {

/// Remembers every (secret, nonce) that sealed something and aborts on a repeat. Compiled in by
/// -Dnonce_audit=true, which is for tests: it grows without bound.
#if defined(COSEAL_NONCE_AUDIT)
void audit_nonce(std::span<const std::byte, 32> secret, const nonce_bytes& nonce);
/// For tests that seal one thing in several ways and compare.
void forget_nonces_for_testing();
#else
inline void audit_nonce(std::span<const std::byte, 32>, const nonce_bytes&) noexcept {}
inline void forget_nonces_for_testing() noexcept {}
#endif

}  // namespace coseal
