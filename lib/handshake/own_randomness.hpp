#pragma once

#include "crypto/key_agreement.hpp"
#include "crypto/random.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <utility>

namespace coseal {

/// What one side brings to a handshake that nobody can foresee. Builds for debugging let a test say it, for
/// transcripts with known answers; in a release build that door does not exist.
class own_randomness {
 public:
  own_randomness() {}

  ephemeral_key ephemeral() {
#if defined(COSEAL_TEST_HOOKS)
    if (ephemeral_) return *std::exchange(ephemeral_, std::nullopt);
#endif
    return ephemeral_key::generate();
  }
  std::array<std::byte, 32> random() const {
#if defined(COSEAL_TEST_HOOKS)
    if (random_) return *random_;
#endif
    return random_array<32>();
  }

#if defined(COSEAL_TEST_HOOKS)
  own_randomness(ephemeral_key ephemeral, const std::array<std::byte, 32>& random)
      : ephemeral_(std::move(ephemeral)), random_(random) {}

 private:
  std::optional<ephemeral_key> ephemeral_;
  std::optional<std::array<std::byte, 32>> random_;
#endif
};

}  // namespace coseal
