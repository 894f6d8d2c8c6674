#include "session/session_core.hpp"

#include "crypto/hash.hpp"
#include "crypto/kdf.hpp"
#include "crypto/process.hpp"
#include "session/session_registry.hpp"

#include <coseal/error.hpp>

namespace coseal {

std::shared_ptr<session::core> session::core::make(role side, std::unique_ptr<duplex_carrier> carrier,
                                                   session_limits limits, std::shared_ptr<clock> time) {
  auto made = std::shared_ptr<core>(new core(side, std::move(carrier), limits, std::move(time)));
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
      limits_(limits),
      out_(limits_, *time_),
      in_(*carrier_, *time_, *this, limits_.max_record, limits_.max_frame),
      last_sent_(time_->now()),
      made_at_(last_sent_) {
  in_.expect(side == role::acceptor ? inbound::state::first_record : inbound::state::handshake);
  in_.heard_now();
  info_.carrier = carrier_->kind();
  info_.peer_address = carrier_->peer_address();
  handshake_deadline_ = last_sent_ + limits_.handshake;
}

session::core::~core() {
  counted_.end();
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
  session_info snapshot = info_;
  snapshot.send_epoch = out_.epoch();
  snapshot.receive_epoch = in_.epoch();
  snapshot.records_sent = out_.records();
  snapshot.records_received = in_.records();
  snapshot.bytes_sent = bytes_sent_;
  snapshot.bytes_received = in_.bytes();
  snapshot.frames_sent = out_.frames();
  snapshot.frames_received = in_.frames();
  return snapshot;
}

std::error_code session::core::failure() const noexcept {
  const lock_type lock(mutex_);
  return error_;
}

std::string session::core::explain(std::error_code failure) const {
  const lock_type lock(mutex_);
  std::string text = failure.message() + " (peer ";
  text += info_.peer.empty() ? "unknown" : info_.peer.to_string();
  text += " at " + info_.peer_address + ", level " + std::string(to_string(info_.level)) + ", carrier " +
          info_.carrier + ")";
  if (!refusal_text_.empty()) text += ": " + refusal_text_;
  return text;
}

}  // namespace coseal
