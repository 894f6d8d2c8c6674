#include "channel/channel_log.hpp"

#include "observe/outcome_label.hpp"

#include <string>
#include <utility>

namespace coseal {
namespace {

std::string text_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& thrown) {
    return thrown.what();
  } catch (...) {
    return "something that is no std::exception";
  }
}

log_level level_of(const channel_state& now) noexcept {
  switch (now.state) {
    case connection_state::connecting:
      return log_level::debug;
    case connection_state::connected:
      return now.fallback ? log_level::warning : log_level::info;
    case connection_state::waiting:
      return log_level::warning;
    case connection_state::refused:
      return log_level::error;
    case connection_state::closed:
      return log_level::info;
  }
  return log_level::info;
}

void tell_state(const log& lines, const std::string& peer, const channel_state& now) {
  const bool fell_back = now.state == connection_state::connected && now.fallback;
  const std::string_view message =
      fell_back ? "connected, but not by the first transport" : to_string(now.state);
  lines.write(level_of(now), "client", message, [&](log_fields& f) {
    f.add("peer", peer);
    if (!now.transport.empty()) f.add("transport", now.transport);
    if (now.state == connection_state::connected) f.add("security", to_string(now.level));
    if (!now.why) return;
    f.add("result", outcome_label(now.why));
    f.add("reason", now.explanation.empty() ? now.why.message() : now.explanation);
    f.add("retry_in_seconds", std::chrono::duration<double>(now.retry_in).count());
  });
}

}  // namespace

failure_hook logged(const log& lines, failure_hook then) {
  if (!lines.is_on(log_level::error)) return then;
  return [lines, then = std::move(then)](std::string_view action, std::exception_ptr failure) {
    lines.write(log_level::error, "channel", "a handler failed",
                [&](log_fields& f) { f.add("action", action).add("reason", text_of(failure)); });
    if (then) then(action, std::move(failure));
  };
}

state_hook logged(const log& lines, const coordinate& peer, state_hook then) {
  if (!lines.is_on(log_level::error)) return then;
  return [lines, peer = peer.empty() ? "anybody" : peer.to_string(),
          then = std::move(then)](const channel_state& now) {
    tell_state(lines, peer, now);
    if (then) then(now);
  };
}

}  // namespace coseal
