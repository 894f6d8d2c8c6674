#pragma once

#include "crypto/aead.hpp"

#include <span>

namespace coseal {

/// One implementation that was compiled in. `make` gives null where this CPU can not run it.
struct aead_candidate {
  std::string_view name;
  const aead_backend* (*make)();
};

// One each for the files that were compiled in; see meson.build.
const aead_backend* make_ipsec_mb_backend();
const aead_backend* make_libsodium_backend();
const aead_backend* make_wolfssl_backend();

/// Chooses by name among the candidates, or, if the name is empty, the first usable one. What
/// default_aead_backend does with COSEAL_AEAD.
result<const aead_backend*> choose_aead_backend(std::string_view forced);

/// Known answers of seal, seal_after, open, mac, and the refusal of a forged message.
[[nodiscard]] bool aead_self_test(const aead_backend& backend);

}  // namespace coseal
