#include "record/nonce_audit.hpp"

#include "crypto/hash.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>

namespace coseal {

namespace {

struct audit {
  std::mutex mutex;
  std::set<std::pair<digest, nonce_bytes>> seen;

  static audit& instance() {
    static auto* one = new audit;  // sessions may outlive static destruction
    return *one;
  }
};

}  // namespace

void audit_nonce(std::span<const std::byte, 32> secret, const nonce_bytes& nonce) {
  const digest key = sha256::of(secret);
  auto& audited = audit::instance();
  const std::lock_guard lock(audited.mutex);
  if (!audited.seen.emplace(key, nonce).second) {
    std::fputs("coseal: a nonce was used twice under one key\n", stderr);
    std::abort();
  }
}

void forget_nonces_for_testing() {
  auto& audited = audit::instance();
  const std::lock_guard lock(audited.mutex);
  audited.seen.clear();
}

}  // namespace coseal
