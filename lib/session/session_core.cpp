#include "session/session_core.hpp"

#include "crypto/hash.hpp"
#include "crypto/kdf.hpp"
#include "crypto/process.hpp"
#include "session/session_registry.hpp"

#include <coseal/error.hpp>

namespace coseal {

namespace {

/// One copy for all sessions of an endpoint, most often.
std::shared_ptr<const session_limits> shared(const session_limits& limits) {
  static std::mutex mutex;
  static std::weak_ptr<const session_limits> last;
  const std::lock_guard lock(mutex);
  auto same = last.lock();
  if (!same || *same != limits) last = same = std::make_shared<const session_limits>(limits);
  return same;
}

}  // namespace

std::shared_ptr<session::core> session::core::make(role side, std::unique_ptr<duplex_carrier> carrier,
                                                   session_limits limits, std::shared_ptr<clock> time) {
  auto made = std::shared_ptr<core>(new core(side, std::move(carrier), limits, std::move(time)));
  made->alarms_ = alarm_queue::of(made->executor_, made->time_);
  register_waits(made->executor_, made);
  return made;
}

session::core::core(role side, std::unique_ptr<duplex_carrier> carrier, session_limits limits,
                    std::shared_ptr<clock> time)
    : role_(side),
      generation_(process_generation()),
      carrier_(std::move(carrier)),
      executor_(carrier_->executor()),
      time_(std::move(time)),
      limits_(shared(limits)),
      awake_(
          std::make_unique<working_memory>(*limits_, *carrier_, *time_, static_cast<control_sink&>(*this))),
      last_sent_(time_->now()),
      idle_since_(last_sent_),
      made_at_(last_sent_) {
  in().expect(side == role::acceptor ? inbound::state::first_record : inbound::state::handshake);
  in().heard_now();
  awake().info.carrier = carrier_->kind();
  awake().info.peer_address = carrier_->peer_address();
  awake().handshake_deadline = last_sent_ + limits_->handshake;
}

session::core::~core() {
  if (watched_) watched_->counted.end();
  if (alarms_) alarms_->cancel(*this);
  free_node_memory();
}

result<std::vector<std::byte>> session::core::export_secret(std::string_view label,
                                                            std::span<const std::byte> context,
                                                            std::size_t n) const {
  constexpr std::size_t most = 1024;
  const lock_type lock(mutex_);
  if (forked()) return errc::used_after_fork;
  if (!exporter_ || n == 0 || n > most || label.empty() || label.size() > 0xffff) return errc::invalid_option;
  writer input;
  input.vec16(std::as_bytes(std::span(label)));
  input.bytes(context);
  std::vector<std::byte> out(n);
  expand_label(hmac_key(exporter_->view()), "exporter", sha256::of(input.view()), out);
  return out;
}

session_info session::core::info() const {
  const lock_type lock(mutex_);
  session_info snapshot = facts();
  const traffic_counters now = counters();
  snapshot.send_epoch = now.send_epoch;
  snapshot.receive_epoch = now.receive_epoch;
  snapshot.records_sent = now.records_sent;
  snapshot.records_received = now.records_received;
  snapshot.bytes_sent = bytes_sent_;
  snapshot.hibernating = !awake_;
  snapshot.bytes_received = now.bytes_received;
  snapshot.frames_sent = now.frames_sent;
  snapshot.frames_received = now.frames_received;
  return snapshot;
}

std::error_code session::core::failure() const noexcept {
  const lock_type lock(mutex_);
  return error_;
}

std::string session::core::explain(std::error_code failure) const {
  const lock_type lock(mutex_);
  std::string text = failure.message() + " (peer ";
  const session_info known = facts();
  text += known.peer.empty() ? "unknown" : known.peer.to_string();
  text += " at " + known.peer_address + ", level " + std::string(to_string(known.level)) + ", carrier " +
          known.carrier + ")";
  if (awake_ && !awake_->refusal_text.empty()) text += ": " + awake_->refusal_text;
  return text;
}

}  // namespace coseal
