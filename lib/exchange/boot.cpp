#include "exchange/boot.hpp"

#include "crypto/process.hpp"
#include "crypto/random.hpp"

namespace coseal {

boot::boot() : id_(random_array<16>()), generation_(process_generation()) {}

boot_id boot::id() {
  const std::lock_guard lock(mutex_);
  if (const auto now = process_generation(); now != generation_) {
    id_ = random_array<16>();
    generation_ = now;
  }
  return id_;
}

}  // namespace coseal
