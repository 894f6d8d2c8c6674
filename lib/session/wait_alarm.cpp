#include "session/wait_alarm.hpp"

#include <coseal/error.hpp>

#include <algorithm>

namespace coseal {

void expiry::look_at(wait_list& list) {
  for (waiter* node = list.front(); node != nullptr;) {
    waiter* const following = wait_list::after(*node);
    if (is_over(node->deadline)) owner_.give_up(*node, errc::timed_out, done_);
    node = following;
  }
}

bool expiry::is_over(const std::optional<clock::time_point>& deadline) noexcept {
  if (!deadline) return false;
  if (*deadline <= now_) return true;
  next_ = std::min(next_, *deadline);
  return false;
}

}  // namespace coseal
