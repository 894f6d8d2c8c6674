#include "session/session_core.hpp"

#include "crypto/hash.hpp"
#include "crypto/kdf.hpp"
#include "handshake/accept_message.hpp"
#include "session/process.hpp"
#include "session/session_parameters.hpp"
#include "session/session_registry.hpp"

#include <coseal/error.hpp>

#include <asio/error.hpp>

#include <algorithm>

namespace coseal {
namespace {

constexpr auto linger_time = std::chrono::seconds(1);
constexpr auto quiet_time = std::chrono::seconds(1);

/// Errors that the peer should hear about: it, or somebody between, sent what it must not. Who speaks another
/// protocol hears nothing.
bool deserves_farewell(std::error_code error) noexcept {
  if (error == errc::not_coseal) return false;
  return error == condition::malformed || error == condition::peer_misbehaved ||
         error == condition::incompatible || error == condition::refused;
}

}  // namespace

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
      last_sent_(time_->now()) {
  in_.expect(side == role::acceptor ? inbound::state::first_record : inbound::state::handshake);
  in_.heard_now();
  info_.carrier = carrier_->kind();
  info_.peer_address = carrier_->peer_address();
  handshake_deadline_ = last_sent_ + limits_.handshake;
}

session::core::~core() {
  free_node_memory();
}

// --- the handshake's link

task<result<handshake_record>> session::core::receive() {
  {
    const lock_type lock(mutex_);
    if (handshake_deadline_) note_deadline(*handshake_deadline_);
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
  out_.append_raw(records);
  flush(lock, done);
  co_return result<void>();
}

void session::core::set_claims(coordinate where, channel_definition channel) {
  const lock_type lock(mutex_);
  wanted_ = std::move(where);
  channel_ = std::move(channel);
}

/// What only ACCEPT needed.
void session::core::forget_claims() {
  wanted_ = {};
  channel_ = {};
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
    info_.aead = (*backend)->name();
    info_.own_key = agreed.own->key.public_part();
  } else {
    seal = make_clear_sealer();
    open = make_clear_opener();
  }
  info_.level = agreed.level;
  info_.peer = agreed.peer;
  info_.peer_key = agreed.peer_key;
  if (agreed.pinned) {
    info_.first_contact = agreed.pinned->first_contact();
    info_.below_record = agreed.pinned->below_record();
  }
  out_.protect(std::move(seal), agreed.peer_parameters.max_record, agreed.peer_parameters.max_frame);
  peer_keepalive_ = agreed.peer_parameters.keepalive;
  const bool connector = role_ == role::connector;
  in_.protect(std::move(open), connector ? inbound::state::awaiting_accept : inbound::state::established);
  established_ = true;
  // At level none nobody waits for ACCEPT; the event loop listens for it.
  if (connector && agreed.level == security_level::none) background_read(lock, done);
  return {};
}

result<void> session::core::send_accept(const std::array<std::byte, 16>& id, const parameters& own) {
  completions done(resume_by::post);
  lock_type lock(mutex_);
  if (error_) return error_;
  info_.session_id = id;
  std::vector<std::byte> body;
  if (info_.level == security_level::none) {
    accept_claim claim;
    claim.id = id;
    claim.where = wanted_;  // on an acceptor: what it calls itself
    claim.params = own;
    claim.channel = version_of(channel_);
    body = claim.encode();
  } else {
    accept_message message;
    message.id = id;
    message.time = own.time;
    body = message.encode();
  }
  const auto appended = out_.append_control(content_type::accept, body);
  if (!appended) return appended.error();
  accepted_ = true;  // only now may anything else be said, or heard
  handshake_deadline_.reset();
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
  if (out_.append_control(content_type::refused, body.view())) flush(lock, done);
}

void session::core::refuse_clear(std::span<const std::byte> record, std::error_code why) {
  completions done(resume_by::post);
  lock_type lock(mutex_);
  if (error_) return;
  out_.append_raw(record);
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

task<result<void>> session::core::accepted(operation_options options) {
  {
    completions done(resume_by::post);
    lock_type lock(mutex_);
    if (forked()) co_return errc::used_after_fork;
    if (!error_ && handshake_deadline_) note_deadline(*handshake_deadline_);
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

// --- contents that are not frames

result<void> session::core::on_accept(std::span<const std::byte> body) {
  completions done(resume_by::post);
  lock_type lock(mutex_);
  if (info_.level == security_level::none) {
    auto claim = accept_claim::parse(body);
    if (!claim) return claim.error();
    if (!wanted_.empty() && !wanted_.matches(claim->where)) return errc::coordinate_refused;
    if (!agrees(channel_, claim->channel)) return errc::channel_mismatch;
    info_.session_id = claim->id;
    info_.peer = std::move(claim->where);
    peer_keepalive_ = claim->params.keepalive;
    out_.limit(claim->params.max_record, claim->params.max_frame);
  } else {
    const auto message = accept_message::parse(body);
    if (!message) return message.error();
    info_.session_id = message->id;
  }
  accepted_ = true;
  handshake_deadline_.reset();
  forget_claims();
  note_deadline(std::min(next_sign_of_life(), in_.last_heard() + quiet_time));
  done.add_all(accepters_, {});
  return {};
}

std::error_code session::core::on_refused(std::span<const std::byte> body, bool clear) {
  reader in(body);
  const refusal why = read_refusal(in);
  if (!in.complete() || (clear && !why.detail.empty())) return errc::malformed_message;
  const lock_type lock(mutex_);
  // Without keys there is no content that only the acceptor can have said.
  if (!clear && info_.level == security_level::none) return errc::unexpected_record;
  if (why.code == refusal_code::channel && !why.detail.empty())
    refusal_text_ = explain_channel_difference(channel_, why.detail);
  return clear ? to_error(in_clear(why).code) : to_error(why.code);
}

void session::core::on_ping(std::span<const std::byte, 8> opaque) {
  const lock_type lock(mutex_);
  constexpr std::size_t most_waiting = 8;
  if (error_ || pongs_due_.size() >= most_waiting) return;
  std::array<std::byte, 8> answer;
  std::ranges::copy(opaque, answer.begin());
  pongs_due_.push_back(answer);
  schedule_flush();
}

void session::core::on_pong(std::span<const std::byte, 8> opaque) {
  completions done(resume_by::post);
  const lock_type lock(mutex_);
  const std::uint64_t id = reader(opaque).u64();
  if (id < next_ping_) pong_seen_ = std::max(pong_seen_, id);
  for (waiter* node = pongs_.front(); node != nullptr;) {
    waiter* const next = wait_list::after(*node);
    if (node->goal <= pong_seen_) done.add(*node, {});
    node = next;
  }
}

// --- ends

void session::core::fail(lock_type& lock, std::error_code why, completions& done, bool farewell) {
  if (error_) return;
  const bool say = farewell && established_ && !forked() && deserves_farewell(why);
  if (say && !send_error_ && close_ != close_state::queued && !out_.in_fragments()) {
    const std::array<std::byte, 2> code = {std::byte{0}, static_cast<std::byte>(close_code::peer_error)};
    if (out_.append_control(content_type::close, code)) flush(lock, done);
    if (error_) return;
  }
  error_ = why;
  stop_sending(why, done);
  done.add_all(receivers_, why);
  done.add_all(pongs_, why);
  done.add_all(accepters_, why);
  done.add_all(closers_, why);
  if (farewell && deserves_farewell(why)) {
    start_linger(lock);
  } else {
    if (alarm_) alarm_->cancel();
    carrier_->close();
  }
}

void session::core::start_linger(lock_type&) {
  if (lingering_) return;
  lingering_ = true;
  // Closing with unread bytes would reset the connection and could take our last words with it.
  if (!flushing_) carrier_->shutdown_send();
  linger_until_ = time_->now() + linger_time;
  if (!flushing_ && !pumping_ && in_.ended()) return carrier_->close();  // nobody there, nothing unread
  set_alarm(*linger_until_);
  arm_reading();
}

void session::core::abort() noexcept {
  completions done(resume_by::post);
  lock_type lock(mutex_);
  if (forked()) return;
  fail(lock, errc::cancelled, done, false);
}

void session::core::release() noexcept {
  completions done(resume_by::post);
  lock_type lock(mutex_);
  if (forked()) return;
  released_ = true;
  if (error_) return;
  if (!pumping_ && in_.closed_by_peer() && !send_error_) {
    if (close_ == close_state::open) close_ = close_state::wanted;
    flush(lock, done);
    if (error_) return;
    error_ = errc::closed;
    for (wait_list* list : {&receivers_, &pongs_, &accepters_, &closers_})
      done.add_all(*list, errc::cancelled);
    start_linger(lock);
    return;
  }
  fail(lock, errc::cancelled, done, false);
}

void session::core::on_context_shutdown() noexcept {
  wait_list doomed;
  std::unique_ptr<duplex_carrier> carrier;  // it lives on the context, and may hold us
  {
    const lock_type lock(mutex_);
    if (!error_) error_ = errc::cancelled;
    carrier = std::move(carrier_);
    for (wait_list* list : {&receivers_, &senders_, &written_, &held_back_, &pongs_, &accepters_, &closers_})
      while (waiter* node = list->pop()) doomed.push(*node);
    alarm_.reset();
  }
  while (waiter* node = doomed.pop()) node->destroy();
  if (carrier) carrier->close();
}

// --- time

/// When this side must speak or should have heard something, at the earliest.
clock::time_point session::core::next_sign_of_life() const noexcept {
  auto when = clock::time_point::max();
  if (limits_.keepalive.count() != 0) when = last_sent_ + limits_.keepalive;
  if (peer_keepalive_.count() != 0) when = std::min(when, in_.last_heard() + 3 * peer_keepalive_);
  return when;
}

void session::core::give_up(waiter& node, std::error_code error, completions& done) noexcept {
  if (node.list() == nullptr || node.list() == &held_back_) return;
  if (node.list() == &written_) {
    // Its bytes may be in a batch: they are copied before the caller may go.
    if (in_write_call_) {
      written_.remove(node);
      node.finish_with(error);
      held_back_.push(node);
      adopt_after_call_ = true;
      return;
    }
    out_.adopt_borrowed();
  }
  done.add(node, error);
}

void session::core::note_deadline(clock::time_point when) {
  if (when < alarm_at_) set_alarm(when);
}

void session::core::set_alarm(clock::time_point when) {
  if (when >= alarm_at_) return;
  alarm_at_ = when;
  if (!alarm_) alarm_ = time_->make_alarm(executor_);
  alarm_->set(when, [weak = std::weak_ptr<core>(self())] {
    if (const auto alive = weak.lock()) alive->on_alarm();
  });
}

void session::core::expire(wait_list& list, clock::time_point now, clock::time_point& next,
                           completions& done) {
  for (waiter* node = list.front(); node != nullptr;) {
    waiter* const following = wait_list::after(*node);
    if (node->deadline && *node->deadline <= now)
      give_up(*node, errc::timed_out, done);
    else if (node->deadline)
      next = std::min(next, *node->deadline);
    node = following;
  }
}

/// Who has been quiet for a while does without what it can make anew.
void session::core::shed_memory(clock::time_point now, clock::time_point& next) noexcept {
  if (!established_ || pumping_) return;
  const auto quiet = std::max(last_sent_, in_.last_heard()) + quiet_time;
  if (now < quiet) {
    next = std::min(next, quiet);
  } else {
    out_.drop_expanded_key();
    in_.drop_expanded_key();
  }
}

void session::core::on_alarm() {
  completions done(resume_by::dispatch);
  lock_type lock(mutex_);
  alarm_at_ = clock::time_point::max();
  listen_again_ = false;
  if (forked()) return;
  const auto now = time_->now();
  auto next = clock::time_point::max();
  if (lingering_) {
    if (now >= *linger_until_) return carrier_->close();
    return set_alarm(*linger_until_);
  }
  if (error_) return;
  for (wait_list* list : {&receivers_, &senders_, &written_, &pongs_, &accepters_, &closers_})
    expire(*list, now, next, done);
  if (handshake_deadline_) {
    if (now >= *handshake_deadline_) return fail(lock, errc::handshake_timed_out, done, false);
    next = std::min(next, *handshake_deadline_);
  }
  if (established_ && accepted_ && limits_.keepalive.count() != 0 && close_ == close_state::open) {
    if (now - last_sent_ >= limits_.keepalive && !flushing_) {
      ping_due_ = std::array<std::byte, 8>{};
      flush(lock, done);
    }
    const auto due = last_sent_ + limits_.keepalive;
    next = std::min(next, due > now ? due : now + limits_.keepalive);
  }
  const bool may_listen = established_ && (accepted_ || role_ == role::connector);
  if (may_listen && !pumping_ && !in_.closed_by_peer()) {
    // Silence counts only while we listen: frames that the application has not taken stop us from hearing.
    background_read(lock, done);
    if (error_) return;
  }
  if (established_ && accepted_ && peer_keepalive_.count() != 0) {
    const bool busy = pumping_ || in_.has_frames() || in_.closed_by_peer();
    const auto silence_ends = in_.last_heard() + 3 * peer_keepalive_;
    if (!busy && now >= silence_ends) return fail(lock, errc::peer_dead, done, false);
    next = std::min(next, busy ? now + 3 * peer_keepalive_ : silence_ends);
  }
  shed_memory(now, next);
  if (next != clock::time_point::max()) set_alarm(next);
}

// --- questions

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
