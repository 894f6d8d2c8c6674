// What comes to a client: answers go to their callers, items and pushes to their queues. The reader never
// waits for any of them, so nothing that one does can hold up the others.

#include "channel/client_core.hpp"
#include "channel/error_end.hpp"
#include "channel/message_send.hpp"

#include <coseal/error.hpp>

namespace coseal {
namespace {

/// One push as its handler sees it.
class served_push final : public served_call {
 public:
  served_push(std::shared_ptr<coseal::peer> from, std::string_view action, std::vector<std::byte> input)
      : context_(std::move(from), action, audience(), std::nullopt), input_(std::move(input)) {}

  coseal::context& context() noexcept override { return context_; }
  std::span<const std::byte> input() const noexcept override { return input_; }
  void drop_input() noexcept override { input_.clear(); }
  bool try_reply(const payload&) override { return true; }
  task<void> reply(payload) override { co_return; }
  void declare(std::uint64_t, const payload&) override {}
  void refuse(call_errc why, std::string_view text) override { throw error(why, std::string(text)); }
  task<result<void>> send_item(payload, operation_options) override {
    co_return call_errc::unexpected_answer;
  }
  void end_items() override {}
  task<result<std::optional<std::vector<std::byte>>>> next_item(operation_options) override {
    co_return std::optional<std::vector<std::byte>>();
  }

 private:
  coseal::context context_;
  std::vector<std::byte> input_;
};

}  // namespace

/// Reads until the connection has ended; says why. No error: there is news to tell, and more to read.
task<std::error_code> client_core::receive(std::shared_ptr<client_core> self,
                                           std::shared_ptr<client_connection> from) {
  for (;;) {
    const auto batch = co_await from->over->receive_some(as_result);
    if (!batch) co_return batch.error();
    std::error_code wrong;
    bool told = true;
    {
      completions done(resume_by::post);
      const lock_type lock(self->mutex_);
      if (from->lost) co_return errc::closed;  // its calls have ended, and may be gone
      for (auto at = batch->begin(); at != batch->end() && !wrong; ++at)
        wrong = self->take(*from, *batch, at, done);
      told = !self->news_;
    }
    if (!wrong && told) continue;
    if (!wrong) co_return wrong;
    from->over->reject(wrong);
    co_return wrong;
  }
}

std::error_code client_core::take(client_connection& from, const frame_batch& batch, frame_batch::iterator at,
                                  completions& done) {
  const auto parsed = parse_call_message(*at, message_sender::acceptor);
  if (!parsed) return parsed.error();
  const call_message& message = *parsed;
  if (message.kind == message_kind::push) return take_push(from, message, done);
  if (from.continue_id == message.id) return take_continuation(from, message, done);
  if (!from.in_use(message.id)) {
    // Credit may cross the end of its call; nothing else comes behind that.
    const bool late = message.kind == message_kind::credit && from.is_past(message.id);
    return late ? std::error_code() : errc::unexpected_record;
  }
  pending_call* const call = from.call(message.id);
  switch (message.kind) {
    case message_kind::credit:
      if (call == nullptr) return {};
      if (!call->takes_items || !call->credit.grant(message.credit)) return errc::unexpected_record;
      done.add_all(call->senders, {});
      return {};
    case message_kind::item:
      return call == nullptr ? std::error_code() : take_item(*call, message, done);
    case message_kind::error:
      if (message.error == error_kind::draining) set_aside(from);
      break;
    default:
      break;
  }
  if (call != nullptr) {
    const bool streamed = message.kind == message_kind::end;
    if (message.kind == message_kind::error)
      finish(from, *call, end_of(message, batch.keep(at)), done);
    else if (streamed != call->gives_items)
      finish(from, *call, call_end(call_outcome::unexpected_error, call_errc::unexpected_answer), done);
    else
      finish(from, *call, call_end::replied(batch.keep(at), message.body), done);
  }
  from.free_id(message.id);
  if (waiting_.front() != nullptr) done.add(*waiting_.front(), {});
  return {};
}

std::error_code client_core::take_item(pending_call& call, const call_message& message, completions& done) {
  if (!call.gives_items) return errc::unexpected_record;
  if (!call.items.put(message.body)) return errc::unexpected_record;
  call.opened = true;
  done.add_all(call.answer, {});
  done.add_all(call.readers, {});
  return {};
}

void client_core::finish(client_connection&, pending_call& call, call_end how, completions& done) {
  call.finish(std::move(how));
  done.add_all(call.answer, {});
  done.add_all(call.readers, {});
  done.add_all(call.senders, {});
}

std::error_code client_core::take_push(client_connection& from, const call_message& message,
                                       completions& done) {
  count_push(from, message.body.size());
  if (!from.pushes.put(message.body)) return errc::unexpected_record;
  from.push_positions.push_back(message.position);
  done.add_all(from.push_reader, {});
  return {};
}

constexpr std::uint64_t nobody = ~std::uint64_t{0};

/// Pushes one by one, in their order, while the connection lives.
task<void> client_core::handle_pushes(std::shared_ptr<client_core> self,
                                      std::shared_ptr<client_connection> from) {
  for (;;) {
    const auto ready = [&from](std::error_code&) { return from->lost || !from->pushes.empty(); };
    if (co_await wait(self, from->push_reader, wait_bounds(), 0, ready)) co_return;
    std::uint64_t position = 0, grant = 0;
    std::vector<std::byte> body;
    std::shared_ptr<session> over;
    std::shared_ptr<coseal::peer> with;
    {
      const lock_type lock(self->mutex_);
      if (from->pushes.empty() || self->closed_) {
        if (from->lost || self->closed_) co_return;
        continue;
      }
      body = from->pushes.take();
      position = from->push_positions.front();
      from->push_positions.pop_front();
      // A position beyond ours is of a definition that was appended to.
      if (position >= self->settings_.pushes.size() || !self->settings_.pushes[position]) {
        ++self->unhandled_pushes_;
        position = nobody;
      }
      // Nothing is granted to an acceptor of which it is not known yet whether it goes on.
      if (!from->asked_window) grant = from->pushes.grant();
      if (!from->away) over = from->over;
      with = from->with;
    }
    if (grant != 0 && over) post_message(over, message_head::push_credit(grant));
    if (position == nobody) continue;
    const auto& handles = self->settings_.pushes[position];
    const std::string_view name = self->settings_.push_names[position];
    std::exception_ptr failure;
    try {
      served_push push(with, name, std::move(body));
      if (with->level() < handles->weakest()) push.refuse(call_errc::level_too_low, name);
      co_await handles->run(push);
    } catch (...) {
      failure = std::current_exception();
    }
    if (failure && self->settings_.on_failure) self->settings_.on_failure(name, failure);
  }
}

}  // namespace coseal
