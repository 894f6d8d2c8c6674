#pragma once

#include "contest.hpp"
#include "stopwatch.hpp"

#include <chrono>

namespace coseal::bench {

/// The floor of a full handshake: what both sides' key agreements and signatures cost when libsodium is
/// called directly, on one core (two X25519 key pairs, two agreements, two Ed25519 signatures, two
/// verifications; the hashes and the AEAD are a few microseconds more). Handshakes a second.
run_result handshake_primitives(std::chrono::nanoseconds length, time_kind time);

}  // namespace coseal::bench
