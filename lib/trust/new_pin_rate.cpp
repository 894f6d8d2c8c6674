#include "trust/new_pin_rate.hpp"

#include <algorithm>
#include <numeric>

namespace coseal {

bool new_pin_rate::admit(const std::string& source, time_point now) {
  const auto slot = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count() / 10;
  auto found = sources_.find(source);
  if (found == sources_.end()) {
    if (sources_.size() >= max_sources) drop_idle(slot);
    if (limit_ == 0 || sources_.size() >= max_sources) return false;
    found = sources_.try_emplace(source).first;
    found->second.last_slot = slot;
  }

  history& seen = found->second;
  const auto at = [](std::int64_t s) { return static_cast<std::size_t>(s % slots); };
  for (auto s = std::max(seen.last_slot, slot - slots) + 1; s <= slot; ++s) seen.counts[at(s)] = 0;
  seen.last_slot = std::max(seen.last_slot, slot);
  const auto in_window = std::accumulate(seen.counts.begin(), seen.counts.end(), std::size_t{0});
  if (in_window >= limit_) return false;
  ++seen.counts[at(slot)];
  return true;
}

void new_pin_rate::drop_idle(std::int64_t slot) {
  if (slot == dropped_at_)
    return;  // nothing can have become idle since; a flood must not make us look each time
  dropped_at_ = slot;
  std::erase_if(sources_, [slot](const auto& entry) { return slot - entry.second.last_slot >= slots; });
}

}  // namespace coseal
