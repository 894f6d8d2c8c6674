#pragma once

#include <coseal/result.hpp>

namespace coseal {

/// Known answers of SHA-256, HKDF, Ed25519 and X25519, once per process; errc::self_test_failed. Each AEAD
/// backend has its own, see aead_self_test. default_aead_backend() asks for both, so that no endpoint starts
/// without them.
result<void> crypto_self_test();

}  // namespace coseal
