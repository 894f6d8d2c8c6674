#include "channel/running_call.hpp"

#include "channel/handler_run.hpp"
#include "channel/message_send.hpp"
#include "channel/server_connection.hpp"
#include "channel/server_settings.hpp"

#include <coseal/error.hpp>

#include <asio/error.hpp>

namespace coseal {
namespace {

payload text_payload(std::string_view text) {
  return payload(std::as_bytes(std::span(error_text(text))));
}

}  // namespace

running_call::running_call(std::shared_ptr<server_connection> on, const call_message& message, frame memory,
                           const handler& by, std::string_view action, coseal::audience around,
                           std::optional<clock::time_point> deadline)
    : on_(std::move(on)),
      id_(message.id),
      position_(message.position),
      takes_items_(message.takes_items),
      memory_(std::move(memory)),
      input_(message.body),
      by_(&by),
      context_(on_->with(), action, std::move(around), message.takes_items ? std::nullopt : deadline),
      allowed_(message.deadline),
      deadline_(message.takes_items ? std::nullopt : deadline),
      input_ended_(!message.takes_items) {
  context_.trace_ = message.trace;
}

bool running_call::try_reply(const payload& answer) {
  const auto head = message_head::reply(id_);
  if (head.bytes().size() + answer.size() > small_message) return false;
  on_->end_call(*this, head, answer);
  return true;
}

task<void> running_call::reply(payload answer) {
  if (context_.cancelled_)  // Asio lets a cancelled coroutine wait no more, and nobody waits for the answer
    co_return on_->end_call(*this, message_head::error(id_, cancelled_because_), payload());
  const auto head = message_head::reply(id_);
  std::shared_ptr<session> over;
  {
    completions done(resume_by::post);
    const server_connection::lock_type lock(on_->mutex_);
    if (!on_->free_place(*this, done)) co_return;
    over = on_->last_word(id_, head, answer);
    if (over) ++on_->last_words_;
  }
  if (!over) co_return watched_.ended(outcome_word(std::nullopt));
  const auto sent = co_await send_message(over, head, answer, {});
  {
    completions done(resume_by::post);
    const server_connection::lock_type lock(on_->mutex_);
    --on_->last_words_;
    done.add_all(on_->last_words_left_, {});
  }
  watched_.ended(outcome_word(sent                                    ? std::nullopt
                              : sent.error() == errc::frame_too_large ? std::optional(error_kind::failed)
                                                                      : std::optional(cancelled_because_)));
  if (sent || over->failure()) co_return;
  const bool too_large = sent.error() == errc::frame_too_large;
  on_->say_last(id_, message_head::error(id_, too_large ? error_kind::failed : cancelled_because_),
                text_payload(too_large ? "the answer is larger than a frame" : ""));
}

void running_call::declare(std::uint64_t which, const payload& error) {
  on_->end_call(*this, message_head::declared_error(id_, which), error);
}

void running_call::refuse(call_errc why, std::string_view text) {
  on_->end_call(*this, message_head::error(id_, kind_of(why)), text_payload(text));
}

void running_call::end_items() {
  on_->end_call(*this, message_head::end(id_), payload());
}

task<result<void>> running_call::send_item(payload item, operation_options options) {
  const wait_bounds bounds(options, on_->time());
  const auto ready = [this](std::error_code&) { return answered_ || on_->ended_ || credit_.open(); };
  const auto error = co_await wait(on_, senders_, bounds, 0, ready);
  {
    const server_connection::lock_type lock(on_->mutex_);
    if (error) co_return error;
    if (answered_ || on_->ended_) co_return errc::cancelled;
    credit_.spend(item.size());
    deadline_.reset();  // it bounds the wait for the first of the answer
  }
  const auto head = message_head::item(id_);
  const auto over = on_->over();
  if (!try_send_message(*over, head, item)) co_return result<void>();
  const auto sent = co_await send_message(over, head, item, std::move(options));
  if (!sent) {
    const server_connection::lock_type lock(on_->mutex_);
    credit_.refund(item.size());
  }
  co_return sent;
}

task<result<std::optional<std::vector<std::byte>>>> running_call::next_item(operation_options options) {
  const wait_bounds bounds(options, on_->time());
  const auto ready = [this](std::error_code&) {
    return input_ended_ || on_->ended_ || !items_.empty() || context_.cancelled_;
  };
  const auto error = co_await wait(on_, readers_, bounds, 0, ready);
  std::optional<std::vector<std::byte>> item;
  const server_connection::lock_type lock(on_->mutex_);
  if (items_.empty()) {
    if (input_ended_) co_return item;
    co_return error ? error : std::error_code(errc::cancelled);
  }
  item = items_.take();
  // Under the lock, so that it can not come behind the call's end.
  if (const auto grant = items_.grant(); grant != 0 && !answered_)
    post_message(on_->over_, message_head::credit(id_, grant));
  co_return item;
}

void running_call::cancel(error_kind why) {
  {
    completions done(resume_by::post);
    const server_connection::lock_type lock(on_->mutex_);
    if (context_.cancelled_) return;
    context_.cancelled_ = true;
    cancelled_because_ = why;
    deadline_.reset();
    done.add_all(readers_, errc::cancelled);
  }
  const auto stop = stop_;  // whom it resumes may let go of it
  if (stop) stop->emit(asio::cancellation_type::terminal);
}

bool running_call::begin(std::shared_ptr<asio::cancellation_signal> stop) {
  if (context_.cancelled_) {
    on_->end_call(*this, message_head::error(id_, cancelled_because_), payload());
    return false;
  }
  stop_ = std::move(stop);
  return true;
}

bool running_call::end() noexcept {
  stop_.reset();
  return !context_.cancelled_;
}

void running_call::handler_ended(const std::exception_ptr& failure) {
  if (answered_ && !failure) return;
  const handler_end end = judge_handler(failure, context_.cancelled_, cancelled_because_);
  // What it threw is for our log, not for the peer.
  if (end.report && on_->settings().on_failure) on_->settings().on_failure(context_.action(), failure);
  on_->end_call(*this, message_head::error(id_, end.kind), text_payload(end.text));
}

}  // namespace coseal
