// How a session begins: the handshake's link to the carrier, the keys that come out of it, ACCEPT and
// refusals.

#include "handshake/accept_message.hpp"
#include "resume/resume_message.hpp"
#include "session/session_core.hpp"
#include "session/session_parameters.hpp"

#include <coseal/error.hpp>

#include <asio/error.hpp>

#include <algorithm>

namespace coseal {

task<result<handshake_record>> session::core::receive() {
  {
    const lock_type lock(mutex_);
    if (awake().handshake_deadline) note_deadline(*awake().handshake_deadline);
  }
  const auto record = co_await receive<raw_record, &inbound::next_handshake_record>(operation_options());
  if (!record) co_return record.error();
  std::vector<std::byte> body(record->body.begin(), record->body.end());
  co_return handshake_record(record->header, std::move(body));
}

task<result<void>> session::core::send(std::vector<std::byte> records) {
  completions done(resume_by::post);
  lock_type lock(mutex_);
  if (error_) co_return error_;
  out().append_raw(records);
  flush(lock, done);
  co_return result<void>();
}

void session::core::set_claims(coordinate where, channel_definition channel) {
  const lock_type lock(mutex_);
  awake().wanted = std::move(where);
  awake().channel = std::move(channel);
}

/// What only ACCEPT needed.
void session::core::forget_claims() {
  awake().wanted = {};
  awake().channel = {};
}

result<void> session::core::establish(handshake_outcome agreed, const std::string& aead) {
  completions done(resume_by::post);
  lock_type lock(mutex_);
  if (error_) return error_;
  std::unique_ptr<sealer> seal;
  std::unique_ptr<opener> open;
  if (agreed.secrets) {
    const auto backend = backend_for(aead);
    if (!backend) return backend.error();
    const auto now = time_->now();
    seal = make_sealer(agreed.level, std::move(agreed.secrets->send), **backend, now);
    open = make_opener(agreed.level, std::move(agreed.secrets->receive), **backend, now);
    exporter_ = std::move(agreed.secrets->exporter);
    awake().info.aead = (*backend)->name();
    awake().info.own_key = agreed.own->key.public_part();
  } else {
    seal = make_clear_sealer();
    open = make_clear_opener();
  }
  awake().info.level = level_ = agreed.level;
  awake().info.carrier = carrier_->kind();  // which some know only once they were read
  awake().info.peer = agreed.peer;
  awake().info.peer_key = agreed.peer_key;
  if (agreed.pinned) {
    awake().info.first_contact = agreed.pinned->first_contact();
    awake().info.below_record = agreed.pinned->below_record();
  }
  out().protect(std::move(seal), agreed.peer_parameters.max_record, agreed.peer_parameters.max_frame);
  peer_keepalive_ = agreed.peer_parameters.keepalive;
  const bool connector = role_ == role::connector;
  in().protect(std::move(open), connector ? inbound::state::awaiting_accept : inbound::state::established);
  established_ = true;
  if (agreed.resumed) {
    awake().info.start = session_start::resumed;
    awake().info.session_id = *agreed.resumed;
    if (connector) {
      // Proves to R that this is no recorded RESUME.
      const auto said = out().append_control(content_type::resumed, {});
      if (!said) return said.error();
      flush(lock, done);
    } else {
      in().expect(inbound::state::awaiting_resumed);
    }
  }
  // At level none nobody waits for ACCEPT; the event loop listens for it.
  if (connector && agreed.level == security_level::none) background_read(lock, done);
  return {};
}

void session::core::prepare_binding(resumable_session next) {
  const lock_type lock(mutex_);
  binding_ = std::make_unique<resumable_session>(std::move(next));
}

session_binding session::core::binding() const {
  const lock_type lock(mutex_);
  return accepted_ && binding_ && !forked() ? binding_->encode() : session_binding();
}

task<result<void>> session::core::resumed() {
  {
    completions done(resume_by::post);
    lock_type lock(mutex_);
    if (!error_ && awake().handshake_deadline) note_deadline(*awake().handshake_deadline);
    background_read(lock, done);
  }
  const auto ready = [this](std::error_code& error) {
    error = error_;
    return resumed_ || error;
  };
  const auto error = co_await wait(self(), accepters_, wait_bounds(), 0, ready);
  if (error) co_return error;
  co_return result<void>();
}

void session::core::on_resumed() {
  completions done(resume_by::post);
  const lock_type lock(mutex_);
  resumed_ = true;
  done.add_all(accepters_, {});
}

result<void> session::core::send_accept(const accept_message& said, const parameters& own) {
  completions done(resume_by::post);
  lock_type lock(mutex_);
  if (error_) return error_;
  awake().info.session_id = said.id;
  if (said.previous) awake().info.start = session_start::expired;
  std::vector<std::byte> body;
  if (awake().info.level == security_level::none) {
    accept_claim claim;
    claim.id = said.id;
    claim.where = awake().wanted;  // on an acceptor: what it calls itself
    claim.params = own;
    claim.channel = version_of(awake().channel);
    body = claim.encode();
  } else {
    body = said.encode();
  }
  const auto appended = out().append_control(content_type::accept, body);
  if (!appended) return appended.error();
  accepted_ = true;  // only now may anything else be said, or heard
  awake().handshake_deadline.reset();
  flush(lock, done);
  if (error_) return error_;
  forget_claims();
  note_deadline(std::min(next_sign_of_life(), last_sent_ + quiet_time));
  background_read(lock, done);  // until somebody receives
  return {};
}

void session::core::send_refused(const refusal& why) {
  completions done(resume_by::post);
  lock_type lock(mutex_);
  if (error_) return;
  writer body;
  write_refusal(body, why);
  if (out().append_control(content_type::refused, body.view())) flush(lock, done);
}

void session::core::refuse_clear(std::span<const std::byte> record, std::error_code why) {
  completions done(resume_by::post);
  lock_type lock(mutex_);
  if (error_) return;
  out().append_raw(record);
  flush(lock, done);
  if (error_) return;
  error_ = why;
  start_linger(lock);
}

void session::core::end_after_farewell(std::error_code why) noexcept {
  completions done(resume_by::post);
  lock_type lock(mutex_);
  if (error_) return;
  if (why == errc::not_coseal) return fail(lock, why, done, false);
  error_ = why;
  start_linger(lock);
}

void session::core::keep_until_gone(std::shared_ptr<void> what) {
  const lock_type lock(mutex_);
  kept_ = std::move(what);
}

std::chrono::milliseconds session::core::retry_after() const noexcept {
  const lock_type lock(mutex_);
  return awake_ ? awake_->retry_after : std::chrono::milliseconds(0);
}

task<result<void>> session::core::accepted(operation_options options) {
  {
    completions done(resume_by::post);
    lock_type lock(mutex_);
    if (forked()) co_return errc::used_after_fork;
    if (!error_ && awake().handshake_deadline) note_deadline(*awake().handshake_deadline);
    background_read(lock, done);
  }
  const auto ready = [this](std::error_code& error) {
    if (!accepted_) error = error_;
    return accepted_ || error;
  };
  const auto error = co_await wait(self(), accepters_, wait_bounds(options, *time_), 0, ready);
  if (error) co_return error;
  co_return result<void>();
}

result<void> session::core::on_accept(std::span<const std::byte> body) {
  completions done(resume_by::post);
  lock_type lock(mutex_);
  if (awake().info.level == security_level::none) {
    auto claim = accept_claim::parse(body);
    if (!claim) return claim.error();
    if (!awake().wanted.empty() && !awake().wanted.matches(claim->where)) return errc::coordinate_refused;
    if (!agrees(awake().channel, claim->channel)) return errc::channel_mismatch;
    awake().info.session_id = claim->id;
    awake().info.peer = std::move(claim->where);
    peer_keepalive_ = claim->params.keepalive;
    out().limit(claim->params.max_record, claim->params.max_frame);
  } else {
    auto message = accept_message::parse(body);
    if (!message) return message.error();
    if (awake().info.start == session_start::resumed && message->id != awake().info.session_id)
      return errc::parameter_changed;
    awake().info.session_id = message->id;
    if (message->previous) awake().info.start = session_start::expired;
    complete_binding(*std::move(message));
  }
  accepted_ = true;
  awake().handshake_deadline.reset();
  forget_claims();
  note_deadline(std::min(next_sign_of_life(), in().last_heard() + quiet_time));
  done.add_all(accepters_, {});
  return {};
}

/// What ACCEPT says about resuming; the times of the acceptor become this side's.
void session::core::complete_binding(accept_message said) {
  if (!binding_) return;
  const auto left = std::min(said.expires - said.time, resumable_for);
  if (said.ticket.empty() || said.ticket.size() > longest_ticket || left.count() <= 0) {
    binding_.reset();
    return;
  }
  const auto now = wall_time(*time_);
  binding_->terms.id = said.id;
  binding_->terms.expires = now + left;
  if (binding_->terms.created.count() == 0) binding_->terms.created = now;
  binding_->ticket = std::move(said.ticket);
}

std::error_code session::core::on_refused(std::span<const std::byte> body, bool clear) {
  reader in(body);
  const refusal why = read_refusal(in);
  if (!in.complete() || (clear && !why.detail.empty())) return errc::malformed_message;
  const lock_type lock(mutex_);
  // Without keys there is no content that only the acceptor can have said.
  if (!clear && awake().info.level == security_level::none) return errc::unexpected_record;
  awake().retry_after = why.retry_after;
  awake().info.refused = true;
  if (why.code == refusal_code::channel && !why.detail.empty())
    awake().refusal_text = explain_channel_difference(awake().channel, why.detail);
  return clear ? to_error(in_clear(why).code) : to_error(why.code);
}

}  // namespace coseal
