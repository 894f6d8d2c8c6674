#include "observe/outcome_label.hpp"

#include <coseal/error.hpp>

#include <utility>

namespace coseal {

std::string_view outcome_label(std::error_code why) noexcept {
  if (!why) return "ok";
  if (why == errc::busy) return "busy";
  if (why == errc::closed || why == errc::peer_closed) return "closed";  // as it should be
  constexpr std::pair<condition, std::string_view> words[] = {{condition::malformed, "malformed"},
                                                              {condition::peer_misbehaved, "peer_misbehaved"},
                                                              {condition::incompatible, "incompatible"},
                                                              {condition::refused, "refused"},
                                                              {condition::misuse, "misuse"},
                                                              {condition::storage, "storage"},
                                                              {condition::timed_out, "timed_out"},
                                                              {condition::cancelled, "cancelled"},
                                                              {condition::local, "local"},
                                                              {condition::transport, "transport"}};
  for (const auto& [group, word] : words)
    if (why == group) return word;
  return "other";
}

}  // namespace coseal
