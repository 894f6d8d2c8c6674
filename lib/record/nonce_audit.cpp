#include "record/nonce_audit.hpp"

#include "crypto/hash.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>

namespace coseal {

void audit_nonce(std::span<const std::byte, 32> secret, const nonce_bytes& nonce) {
  static std::mutex mutex;
  static auto* seen = new std::set<std::pair<digest, nonce_bytes>>;
  const digest key = sha256::of(secret);
  const std::lock_guard lock(mutex);
  if (!seen->emplace(key, nonce).second) {
    std::fputs("coseal: a nonce was used twice under one key\n", stderr);
    std::abort();
  }
}

}  // namespace coseal
