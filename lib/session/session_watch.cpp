// What a session tells about itself: its counters when somebody reads them, its beginning and its end.

#include "observe/outcome_label.hpp"
#include "session/session_core.hpp"
#include "session/session_metrics.hpp"
#include "trust/endpoint_state.hpp"

#include <coseal/error.hpp>

#include <asio/post.hpp>

namespace coseal {
namespace {

void add_peer(log_fields& fields, const session_info& info) {
  fields.add("peer", info.peer.empty() ? "unknown" : info.peer.to_string());
  fields.add("address", info.peer_address).add("carrier", info.carrier);
}

void tell_pins(const log& lines, const session_info& info, std::error_code why) {
  if (why == errc::key_changed)
    lines.write(log_level::error, "pins", "refused: the peer shows another key than the pinned one",
                [&](log_fields& f) { add_peer(f, info); });
  if (why || !info.first_contact) return;
  lines.write(log_level::info, "pins", "first contact: the peer's key is pinned from now on",
              [&](log_fields& f) {
                add_peer(f, info);
                if (info.peer_key) f.add("key", info.peer_key->fingerprint());
              });
}

/// Ends that somebody wanted.
bool is_orderly(std::error_code why) noexcept {
  return why == errc::closed || why == errc::peer_closed || why == errc::cancelled;
}

}  // namespace

void session::core::watch(const endpoint& self, std::optional<security_level> asked_for) {
  const observation& by = self.shared_state()->watched();
  if (!by.numbers && !by.lines.is_on(log_level::error)) return;
  watched_ = std::make_unique<watching>();
  watched_->asked_for = asked_for;
  watched_->lines = by.lines;
  if (!by.numbers) return;
  watched_->numbers.emplace(*by.numbers);
  const auto& registry = by.numbers->shared_registry();
  watched_->series = registry->layer<session_metrics>(*by.numbers);
  watched_->counted.begin(registry, *this);
}

void session::core::handshake_ended(std::error_code why, const std::string& explanation) {
  // Ended by this side, or taken over by another protocol of the same port.
  if (why == errc::cancelled || !watched_) return;
  const log& lines = watched_->lines;
  const bool acceptor = role_ == role::acceptor;
  session_info now;
  clock::duration took{};
  bool level_known = false;
  {
    const lock_type lock(mutex_);
    now = facts();
    took = time_->now() - made_at_;
    level_known = established_;
    told_ = !why;
  }
  if (watched_->numbers) {
    const auto level = level_known ? now.level : watched_->asked_for;
    count_handshake(*watched_->numbers, acceptor, level, outcome_label(why));
    if (!why) watched_->series->handshake_time[acceptor ? 1 : 0].observe(took);
  }
  tell_pins(lines, now, why);
  if (why) {
    lines.write(log_level::warning, "session", acceptor ? "a connection was refused" : "the handshake failed",
                [&](log_fields& f) {
                  add_peer(f, now);
                  f.add("result", outcome_label(why));
                  f.add("reason", explanation.empty() ? why.message() : explanation);
                });
    return;
  }
  const log_level how = now.below_record ? log_level::warning : log_level::info;
  lines.write(how, "session", acceptor ? "accepted" : "connected", [&](log_fields& f) {
    add_peer(f, now);
    f.add("security", to_string(now.level));
    f.add("start", to_string(now.start));
    if (!now.aead.empty()) f.add("aead", now.aead);
    if (now.below_record) f.add("weaker_than_before", true);
  });
}

/// Under the mutex: what is told is told outside of it.
void session::core::tell_lost(std::error_code why) {
  const log_level level = is_orderly(why) ? log_level::info : log_level::warning;
  if (!std::exchange(told_, false) || !watched_->lines.is_on(level)) return;
  asio::post(executor_, [lines = watched_->lines, info = facts(), level, why] {
    lines.write(level, "session", is_orderly(why) ? "ended" : "lost", [&](log_fields& f) {
      add_peer(f, info);
      f.add("security", to_string(info.level));
      f.add("result", outcome_label(why)).add("reason", why.message());
    });
  });
}

void session::core::read(metrics_readings& into) const {
  const lock_type lock(mutex_);
  const traffic_counters now = counters();
  const session_metrics& series = *watched_->series;
  into.add(series.bytes[0], bytes_sent_);
  into.add(series.bytes[1], now.bytes_received);
  into.add(series.records[0], now.records_sent);
  into.add(series.records[1], now.records_received);
  into.add(series.frames[0], now.frames_sent);
  into.add(series.frames[1], now.frames_received);
  into.add(series.rekeys[0], now.send_epoch);
  into.add(series.rekeys[1], now.receive_epoch);
  if (told_ && !error_)
    into.add(series.open[role_ == role::acceptor ? 1 : 0][static_cast<std::size_t>(level_)], 1);
}

}  // namespace coseal
