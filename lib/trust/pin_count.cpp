#include "trust/pin_count.hpp"

namespace coseal {

using namespace std::chrono_literals;

std::optional<pin_count::recount> pin_count::begin_recount(time_point now) {
  const std::lock_guard lock(mutex_);
  if (count_) {
    const bool near_limit = *count_ >= limit_ - limit_ / 16;
    if (now - begun_at_ < (near_limit ? 1s : 60s)) return std::nullopt;
  }
  begun_at_ = now;
  return recount{added_};
}

void pin_count::counted(recount begun, std::size_t pins) {
  const std::lock_guard lock(mutex_);
  // Too many rather than too few: a pin added meanwhile may be in the list already. The next count corrects
  // it.
  count_ = pins + (added_ - begun.added_before);
}

void pin_count::added() {
  const std::lock_guard lock(mutex_);
  ++added_;
  if (count_) ++*count_;
}

bool pin_count::full() const {
  const std::lock_guard lock(mutex_);
  return count_ && *count_ >= limit_;
}

}  // namespace coseal
