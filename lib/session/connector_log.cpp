#include "session/connector_log.hpp"

#include "observe/outcome_label.hpp"

namespace coseal {
namespace {

struct wording {
  log_level level;
  std::string_view message;
};

wording words_for(connector_event::kind what) noexcept {
  switch (what) {
    case connector_event::kind::connecting:
      return {log_level::debug, "connecting"};
    case connector_event::kind::failed:
      return {log_level::info, "a transport failed"};
    case connector_event::kind::connected:
      return {log_level::info, "connected"};
    case connector_event::kind::degraded:
      return {log_level::warning, "connected, but not by the first transport"};
    case connector_event::kind::waiting:
      return {log_level::warning, "every transport failed"};
    case connector_event::kind::lost:
      return {log_level::warning, "the connection was lost"};
  }
  return {log_level::info, "?"};
}

}  // namespace

void tell(const log& lines, const connector_event& what) {
  const wording words = words_for(what.what);
  lines.write(words.level, "connector", words.message, [&](log_fields& f) {
    if (!what.transport.empty()) f.add("transport", what.transport);
    if (what.why) {
      f.add("result", outcome_label(what.why));
      f.add("reason", what.explanation.empty() ? what.why.message() : what.explanation);
    }
    if (what.pause != clock::duration::zero())
      f.add("pause_seconds", std::chrono::duration<double>(what.pause).count());
  });
}

}  // namespace coseal
