// A client that has lost its connection: what runs for it goes on, what is said to it is kept, until it comes
// back with a session that goes on from its earlier one, or its time is over.

#include "channel/message_send.hpp"
#include "channel/server_connection.hpp"
#include "channel/server_settings.hpp"
#include "crypto/random.hpp"

#include <coseal/error.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/error.hpp>

#include <algorithm>
#include <utility>

namespace coseal {

bool server_connection::wait_for_return(std::error_code why) {
  std::vector<std::shared_ptr<running_call>> streams;
  {
    completions done(resume_by::post);
    const lock_type lock(mutex_);
    if (!kept_ || dismissed_ || draining_ || !may_come_back(why)) return false;
    away_ = continued_ = true;
    for (auto& place : places_) {
      place.unasked = true;
      if (!place.call || !place.call->by().streams()) continue;
      done.add_all(place.call->senders_, errc::cancelled);
      streams.push_back(place.call);  // their items are not kept
    }
    waiting_bytes_ = 0;
    for (const auto& push : pushes_) waiting_bytes_ += push.message->size();
    limit_away_pushes(nullptr);
    done.add_all(push_room_, {});
  }
  for (const auto& call : streams) call->cancel(error_kind::cancelled);
  return true;
}

/// Under the mutex.
void server_connection::limit_away_pushes(push_report* report) {
  while (!kept_->pushes.make_room(waiting_bytes_, pushes_.size()) && !pushes_.empty()) {
    waiting_bytes_ -= pushes_.front().message->size();
    pushes_.pop_front();
    kept_->pushes.skip();
    ++counters_.dropped;
    if (report != nullptr) ++report->dropped;
  }
}

bool server_connection::offer(const std::shared_ptr<session>& over) {
  if (over->failure()) return true;  // it came late, and has gone
  std::shared_ptr<session> before;   // gone without the mutex
  completions done(resume_by::post);
  const lock_type lock(mutex_);
  if (ended_ || dismissed_ || !kept_) return false;
  before = std::exchange(offered_, over);
  done.add_all(returns_, {});
  return true;
}

std::shared_ptr<session> server_connection::take_offered() {
  std::shared_ptr<session> mine;
  const lock_type lock(mutex_);
  mine = std::exchange(offered_, nullptr);
  return dismissed_ ? nullptr : mine;
}

task<bool> server_connection::return_of_client(std::shared_ptr<server_connection> self,
                                               std::optional<frame_batch>& first) {
  wait_bounds bounds;
  bounds.deadline = self->time().now() + self->settings_->lost.keep;
  for (;;) {
    const auto ready = [&self](std::error_code&) { return self->offered_ || self->dismissed_; };
    static_cast<void>(co_await wait(self, self->returns_, bounds, 0, ready));
    std::shared_ptr<session> over;
    {
      const lock_type lock(self->mutex_);
      if (!self->offered_ || self->dismissed_) co_return false;
      over = self->offered_;
    }
    const auto left = std::max(*bounds.deadline - self->time().now(), clock::duration(1));
    auto heard = co_await over->receive_some(as_result, within(left));
    std::shared_ptr<session> before;  // gone without the mutex
    const lock_type lock(self->mutex_);
    if (self->dismissed_) co_return false;
    if (self->offered_ != over) continue;  // which has come since
    if (!heard) {
      if (heard.error() == errc::timed_out) co_return false;  // it says nothing: nor that it goes on
      self->offered_.reset();
      continue;
    }
    first = *std::move(heard);
    const auto said = parse_call_message(*first->begin(), message_sender::connector);
    if (!said || said->kind != message_kind::call || said->position != continue_position) co_return false;
    const auto request = continue_request::parse(said->body);
    if (!request || request->window != self->kept_->window) co_return false;
    before = std::exchange(self->over_, std::exchange(self->offered_, nullptr));
    co_return true;
  }
}

/// The first message of a client that wants to go on, now or later.
std::error_code server_connection::take_continue(const call_message& message, bool opening) {
  const auto request = continue_request::parse(message.body);
  if (!request) return request.error();
  if (!opening || message.takes_items) return errc::unexpected_record;
  bool push = false;
  {
    completions done(resume_by::post);
    const lock_type lock(mutex_);
    call_place& place = place_at(place_of(message.id));
    if (place.call || message.id < place.next_id) return errc::unexpected_record;
    place.next_id = message.id + most_calls;
    place.unasked = false;
    if (away_) {
      const auto wrong = go_on(message.id, *request, push);
      if (wrong) return wrong;
      done.add_all(push_sender_, {});
    } else if (settings_->lost.keep.count() <= 0 || peer_->level() == security_level::none) {
      post_message(over_, message_head::error(message.id, error_kind::no_handler));
    } else if (!begin_window(message.id)) {
      post_message(over_, message_head::error(message.id, error_kind::busy));
    }
  }
  if (push) asio::co_spawn(strand_, send_pushes(self()), asio::detached);
  return {};
}

/// Under the mutex. False if it is not known which pushes leave behind the answer: these have numbers.
bool server_connection::begin_window(std::uint64_t id) {
  const lost_options& limits = settings_->lost;
  continue_answer answer;
  answer.window = random_array<16>();
  if (push_leaves_ || try_queue_message(*over_, message_head::reply(id), answer.encode())) return false;
  kept_.reset(
      new continuation{answer.window, kept_answers(limits.bytes), kept_pushes(limits.bytes, limits.pushes)});
  return true;
}

/// Under the mutex: the client is back. `push`: a sender of pushes has to begin.
std::error_code server_connection::go_on(std::uint64_t id, const continue_request& request, bool& push) {
  const auto gap = kept_->pushes.go_on_from(request.pushes);
  if (!gap) return errc::unexpected_record;
  auto again = kept_->pushes.take_unconfirmed();
  counters_.sent -= gap->sent + again.size();
  counters_.lost += gap->sent;
  pushes_.insert(pushes_.begin(), again.begin(), again.end());
  push_credit_.begin(request.used);
  away_ = false;
  continue_answer answer;
  answer.window = kept_->window;
  answer.missed = gap->all;
  post_message(over_, message_head::reply(id), answer.encode());  // before any push
  push = !pushes_.empty() && !std::exchange(sending_pushes_, true);
  return {};
}

/// Under the mutex: the call's last message. The session to say it in; null while it may not be said.
std::shared_ptr<session> server_connection::last_word(std::uint64_t id, const message_head& head,
                                                      const payload& body) {
  if (!kept_) return over_;
  kept_->answers.keep(place_of(id), head, body);
  return away_ || places_[place_of(id)].unasked ? nullptr : over_;
}

/// The last call of a place, which the client has not heard the end of.
std::error_code server_connection::ask_again(lock_type& lock, const call_place& place, std::uint64_t id) {
  if (place.call) return {};  // it runs
  const auto over = over_;
  std::vector<std::byte> message = kept_->answers.at(place_of(id));
  lock.unlock();
  if (message.empty()) {
    say_last(id, message_head::error(id, error_kind::not_kept), payload());
    return {};
  }
  const auto sent = over->try_send(message);
  if (sent == errc::frame_too_large)  // limits are agreed anew with each session
    say_last(id, message_head::error(id, error_kind::failed), payload());
  if (sent != asio::error::would_block) return {};
  lock.lock();
  ++last_words_;
  lock.unlock();
  asio::co_spawn(strand_, say_later(self(), over, id, std::move(message)), asio::detached);
  return {};
}

/// A call that nobody waits for any more, and that does not run.
std::error_code server_connection::cancel_unasked(lock_type& lock, call_place& place, std::uint64_t id) {
  if (id + most_calls == place.next_id) return ask_again(lock, place, id);
  if (place.call || id < place.next_id) return errc::unexpected_record;
  place.next_id = id + most_calls;  // it never came
  lock.unlock();
  say_last(id, message_head::error(id, error_kind::cancelled), payload());
  return {};
}

}  // namespace coseal
