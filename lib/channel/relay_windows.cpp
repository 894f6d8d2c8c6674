#include "channel/relay_windows.hpp"

#include <algorithm>

namespace coseal {

bool relay_windows::admit(const process_id& process, std::uint64_t number, std::chrono::milliseconds time,
                          std::chrono::milliseconds now) {
  now_ = std::max(now_, now);
  if (time > now_ + window || now_ > time + window || number == 0) return false;
  if (!processes_.contains(process) && processes_.size() >= max_processes) {
    forget_silent();
    if (processes_.size() >= max_processes) return false;
  }
  numbers& seen = processes_[process];
  if (number > seen.latest) {
    const std::uint64_t by = number - seen.latest;
    seen.taken = by < 64 ? seen.taken << by | 1 : 1;
    seen.latest = number;
  } else {
    const std::uint64_t behind = seen.latest - number;
    if (behind >= 64 || (seen.taken >> behind & 1) != 0) return false;
    seen.taken |= std::uint64_t{1} << behind;
  }
  seen.heard = now_;
  return true;
}

void relay_windows::forget_silent() {
  // What it sent last names a time of at most one window after it was heard, and is good for one more.
  std::erase_if(processes_, [this](const auto& each) { return now_ - each.second.heard > 2 * window; });
}

}  // namespace coseal
