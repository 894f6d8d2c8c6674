#include "channel/server_connection.hpp"

#include "channel/message_send.hpp"
#include "channel/server_settings.hpp"

#include <coseal/error.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <utility>

namespace coseal {
namespace {

/// Ends of calls that may wait for room in the session before no more messages are read.
constexpr std::size_t most_last_words = 64;

std::shared_ptr<coseal::peer> peer_of(client_id id, const session& over) {
  const session_info info = over.info();
  return std::make_shared<coseal::peer>(id, info.level, info.peer, info.peer_key, info.carrier,
                                        info.peer_address, info.start);
}

}  // namespace

server_connection::server_connection(client_id id, std::shared_ptr<session> over,
                                     std::shared_ptr<const server_settings> settings, audience around)
    : over_(std::move(over)),
      strand_(asio::make_strand(over_->executor())),
      settings_(std::move(settings)),
      audience_(std::move(around)),
      peer_(peer_of(id, *over_)) {}

clock& server_connection::time() noexcept {
  return *settings_->accepting.time();
}

task<std::optional<std::error_code>> server_connection::serve(std::shared_ptr<server_connection> self,
                                                              std::optional<frame_batch> first) {
  const auto over = self->over();
  if (first) self->heard_ = false;  // another session; else the same, after a pause
  const auto patience = self->settings_->accepting.limits().hibernate;
  operation_options until_quiet;
  if (patience.count() != 0) until_quiet.within(patience);
  std::error_code why;
  while (!why) {
    frame_batch batch;
    if (first) {
      batch = *std::exchange(first, std::nullopt);
    } else {
      auto received = co_await over->receive_some(as_result, until_quiet);
      if (!received && received.error() == errc::timed_out && !over->failure()) co_return std::nullopt;
      if (!received) co_return received.error();
      batch = *std::move(received);
    }
    for (auto at = batch.begin(); at != batch.end() && !why; ++at) {
      why = self->take(batch, at);
      if (why) over->reject(why);
      // A peer that asks and does not listen must not make us hold ever more answers.
      if (self->few_last_words()) continue;
      self->handlers_.run(self);
      if (self->few_last_words()) continue;
      const auto left = [&self](std::error_code&) { return self->last_words_ < most_last_words; };
      static_cast<void>(co_await wait(self, self->last_words_left_, wait_bounds(), 0, left));
    }
    self->handlers_.run(self);
  }
  co_return why;
}

bool server_connection::few_last_words() const {
  const lock_type lock(mutex_);
  return last_words_ + handlers_.size() < most_last_words;
}

std::error_code server_connection::take(const frame_batch& batch, frame_batch::iterator at) {
  const auto message = parse_call_message(*at, message_sender::connector);
  if (!message) return message.error();
  const bool opening = !std::exchange(heard_, true);
  if (message->kind == message_kind::call && message->position == continue_position)
    return take_continue(*message, opening);
  if (message->kind == message_kind::call) return take_call(*message, batch.keep(at));
  if (message->kind != message_kind::push_credit && message->kind != message_kind::pushes_taken)
    return take_for_call(*message);
  completions done(resume_by::post);
  const lock_type lock(mutex_);
  if (message->kind == message_kind::pushes_taken)
    return !kept_ || kept_->pushes.confirm(message->taken) ? std::error_code() : errc::unexpected_record;
  if (!push_credit_.grant(message->credit)) return errc::unexpected_record;
  done.add_all(push_sender_, {});
  return {};
}

std::error_code server_connection::take_call(const call_message& message, frame memory) {
  const auto at = place_of(message.id);
  const handler* by = nullptr;
  std::shared_ptr<running_call> call;
  auto refused = error_kind::no_handler;
  {
    lock_type lock(mutex_);
    call_place& free = place_at(at);
    if (std::exchange(free.unasked, false) && message.id + most_calls == free.next_id)
      return ask_again(lock, free, message.id);
    if (free.call || message.id < free.next_id) return errc::unexpected_record;
    free.next_id = message.id + most_calls;
    by = settings_->handler_at(message.position);
    if (draining_)
      refused = error_kind::draining, by = nullptr;
    else if (by != nullptr && peer_->level() < by->weakest())
      refused = error_kind::level, by = nullptr;
    else if (by != nullptr && message.takes_items && uploads_ == settings_->uploads)
      refused = error_kind::busy, by = nullptr;
    if (by != nullptr) {
      std::optional<clock::time_point> deadline;
      if (message.deadline != 0) deadline = time().now() + std::chrono::milliseconds(message.deadline);
      call = std::make_shared<running_call>(self(), message, std::move(memory), *by,
                                            settings_->name_at(message.position), audience_, deadline);
      if (call->deadline_) note_deadline(*call->deadline_);
      free.call = call;
      ++running_;
      if (message.takes_items) ++uploads_;
    }
  }
  if (call) {
    start(call);
    return {};
  }
  if (settings_->watch) settings_->watch->refused(message.position, message.trace, refused);
  say_last(message.id, message_head::error(message.id, refused), payload());
  return {};
}

/// What belongs to a call that runs; for one that has ended it came late.
std::error_code server_connection::take_for_call(const call_message& message) {
  std::shared_ptr<running_call> call;
  {
    completions done(resume_by::post);
    lock_type lock(mutex_);
    const auto at = place_of(message.id);
    if (continued_ && message.kind == message_kind::cancel && std::exchange(place_at(at).unasked, false) &&
        !(places_[at].call && places_[at].call->id_ == message.id))
      return cancel_unasked(lock, places_[at], message.id);
    if (at >= places_.size() || message.id >= places_[at].next_id) return errc::unexpected_record;
    call = places_[at].call;
    if (!call || call->id_ != message.id) return {};
    switch (message.kind) {
      case message_kind::credit:
        if (!call->credit_.grant(message.credit)) return errc::unexpected_record;
        done.add_all(call->senders_, {});
        return {};
      case message_kind::item:
        if (call->input_ended_ || !call->items_.put(message.body)) return errc::unexpected_record;
        done.add_all(call->readers_, {});
        return {};
      case message_kind::end:
        if (call->input_ended_) return errc::unexpected_record;
        call->input_ended_ = true;
        if (call->allowed_.count() != 0) {
          call->deadline_ = time().now() + call->allowed_;
          note_deadline(*call->deadline_);
        }
        done.add_all(call->readers_, {});
        return {};
      default:
        break;
    }
  }
  call->cancel(error_kind::cancelled);
  return {};
}

/// Under the mutex.
server_connection::call_place& server_connection::place_at(std::size_t at) {
  while (places_.size() <= at) places_.emplace_back().unasked = continued_;
  return places_[at];
}

void server_connection::start(const std::shared_ptr<running_call>& call) {
  if (settings_->watch) {
    settings_->watch->begin(call->watched_, call->position_, call->context_.trace_);
    call->context_.trace_ = call->watched_.trace();
  }
  handlers_.push(call);
}

/// Under the mutex. False if the call has ended before.
bool server_connection::free_place(running_call& call, completions& done) {
  if (call.answered_) return false;
  call.answered_ = true;
  call.deadline_.reset();
  call.items_.clear();
  done.add_all(call.senders_, {});
  done.add_all(call.readers_, errc::cancelled);
  auto& mine = places_[place_of(call.id_)].call;
  if (mine.get() == &call) mine.reset();  // its handler keeps it
  if (call.takes_items_) --uploads_;
  if (--running_ == 0) done.add_all(idle_, {});
  return true;
}

void server_connection::end_call(running_call& call, const message_head& head, const payload& body) {
  std::shared_ptr<session> over;
  {
    completions done(resume_by::post);
    const lock_type lock(mutex_);
    if (!free_place(call, done)) return;
    over = last_word(call.id_, head, body);
  }
  call.watched_.ended(outcome_word(head.error()));
  if (over) say(std::move(over), call.id_, head, body);
}

void server_connection::say_last(std::uint64_t id, const message_head& head, const payload& body) {
  std::shared_ptr<session> over;
  {
    const lock_type lock(mutex_);
    over = last_word(id, head, body);
  }
  if (over) say(std::move(over), id, head, body);
}

void server_connection::say(std::shared_ptr<session> over, std::uint64_t id, const message_head& head,
                            const payload& body) {
  if (try_send_message(*over, head, body) != asio::error::would_block) return;
  std::vector<std::byte> message(head.bytes().begin(), head.bytes().end());
  message.resize(message.size() + body.size());
  body.write_to(message.data() + head.bytes().size());
  {
    const lock_type lock(mutex_);
    ++last_words_;
  }
  asio::co_spawn(strand_, say_later(self(), std::move(over), id, std::move(message)), asio::detached);
}

task<void> server_connection::say_later(std::shared_ptr<server_connection> self,
                                        std::shared_ptr<session> over, std::uint64_t id,
                                        std::vector<std::byte> message) {
  const auto sent = co_await over->send(as_result, message);
  // Every call gets a last message, if not the one that was meant.
  if (!sent && sent.error() == errc::frame_too_large)
    self->say_last(id, message_head::error(id, error_kind::failed), payload());
  completions done(resume_by::post);
  const lock_type lock(self->mutex_);
  --self->last_words_;
  done.add_all(self->last_words_left_, {});
}

void server_connection::end() {
  std::vector<std::shared_ptr<running_call>> calls;
  {
    completions done(resume_by::post);
    const lock_type lock(mutex_);
    ended_ = true;
    for (const auto& each : places_)
      if (each.call) calls.push_back(each.call);
    done.add_all(push_room_, {});  // a push to one that has gone is no failure
    done.add_all(push_sender_, errc::closed);
    for (const auto& call : calls) done.add_all(call->senders_, errc::cancelled);
    counters_.lost += pushes_.size();
    pushes_.clear();
  }
  for (const auto& call : calls) call->cancel(error_kind::cancelled);
}

void server_connection::drain() {
  completions done(resume_by::post);
  const lock_type lock(mutex_);
  draining_ = true;
  if (away_) dismissed_ = true;  // it finds another server
  done.add_all(returns_, {});
}

std::size_t server_connection::calls() const {
  const lock_type lock(mutex_);
  return running_;
}

task<result<void>> server_connection::idle(operation_options options) {
  const auto ready = [this](std::error_code&) { return running_ == 0; };
  const wait_bounds bounds(options, time());
  co_return co_await wait(self(), idle_, bounds, 0, ready);
}

task<void> server_connection::close() {
  std::shared_ptr<session> over, offered;
  {
    completions done(resume_by::post);
    const lock_type lock(mutex_);
    dismissed_ = true;
    over = over_;
    offered = offered_;
    done.add_all(returns_, {});
  }
  if (offered) offered->abort();
  // For all of it: a peer that takes nothing holds nobody up.
  operation_options most = within(settings_->accepting.limits().close);
  static_cast<void>(co_await over->close(as_result, std::move(most)));
  over->abort();
}

void server_connection::abort() noexcept {
  std::shared_ptr<session> over, offered;
  {
    completions done(resume_by::post);
    const lock_type lock(mutex_);
    dismissed_ = true;
    over = over_;
    offered = offered_;
    done.add_all(returns_, {});
  }
  over->abort();
  if (offered) offered->abort();
}

void server_connection::note_deadline(clock::time_point when) {
  alarm_.ring_by(when, *this, strand_, &server_connection::on_alarm);
}

void server_connection::on_alarm() {
  std::vector<std::shared_ptr<running_call>> late;
  {
    completions done(resume_by::post);
    const lock_type lock(mutex_);
    alarm_.has_rung();
    expiry look(*this, done);
    look.look_at(idle_);
    look.look_at(push_room_);
    look.look_at(returns_);
    for (const auto& each : places_) {
      if (!each.call) continue;
      look.look_at(each.call->readers_);
      look.look_at(each.call->senders_);
      if (look.is_over(each.call->deadline_)) late.push_back(each.call);
    }
    note_deadline(look.next());
  }
  for (const auto& call : late) call->cancel(error_kind::timed_out);
}

void server_connection::on_context_shutdown() noexcept {
  wait_list doomed;
  std::vector<call_place> places;
  handler_queue waiting;
  std::unique_ptr<clock::alarm> alarm;
  {
    const lock_type lock(mutex_);
    ended_ = true;
    const auto doom = [&doomed](wait_list& list) {
      while (waiter* node = list.pop()) doomed.push(*node);
    };
    for (wait_list* list : {&last_words_left_, &idle_, &push_room_, &push_sender_, &returns_}) doom(*list);
    for (const auto& each : places_) {
      if (!each.call) continue;
      doom(each.call->readers_);
      doom(each.call->senders_);
    }
    places.swap(places_);
    std::swap(waiting, handlers_);
    alarm = alarm_.release();
  }
  while (waiter* node = doomed.pop()) node->destroy();
}

}  // namespace coseal
