#include "channel/call_metrics.hpp"
#include "channel/channel_log.hpp"
#include "channel/client_core.hpp"
#include "channel/handler_table.hpp"
#include "resume/kept_bindings.hpp"
#include "trust/endpoint_state.hpp"

#include <coseal/client.hpp>
#include <coseal/error.hpp>

#include <algorithm>

namespace coseal {
namespace {

call_end not_in_channel() {
  return {call_outcome::not_sent, call_errc::not_in_channel};
}

void check_exchanges(const channel& what, const client_options& options) {
  const auto is_exchange = [](const transport& each) { return each.calls() != nullptr; };
  if (std::ranges::none_of(options.transports, is_exchange)) return;
  if (options.security == security_level::none)
    throw error(errc::invalid_option,
                "level none can not go by http_exchange(): there is no secure HTTP at it");
  if (what.to_connector().size() != 0 && !options.allow_exchange)
    throw error(errc::invalid_option,
                "the channel has pushes, which HTTP can not bring: say allow_exchange to go without them");
}

}  // namespace

/// What copies of a client share: its end ends the connection.
struct client::shared {
  std::shared_ptr<client_core> core;
  channel contract;
  std::vector<around_call> around;
  std::shared_ptr<const call_watch> watch;  // null where nobody does
  ~shared() { core->abort(); }

  static task<call_end> run_around(std::shared_ptr<shared> self, std::string_view action, next_call call,
                                   std::size_t from) {
    if (from == self->around.size()) co_return co_await call();
    const next_call next = [self, action, call, from] { return run_around(self, action, call, from + 1); };
    co_return co_await self->around[from](action, next);
  }
  /// `call` inside of all middleware; it lives until the end.
  task<call_end> run(std::shared_ptr<shared> self, std::uint64_t position, next_call call) const {
    if (around.empty()) return call();
    return run_named(std::move(self), contract.to_acceptor()[position].name(), std::move(call));
  }

  void begin(watched_call& call, std::uint64_t position, call_options& options) const {
    if (!watch) return;
    watch->begin(call, position, options.trace());
    options.trace(call.trace());
  }

 private:
  static task<call_end> run_named(std::shared_ptr<shared> self, std::string action, next_call call) {
    co_return co_await run_around(std::move(self), action, std::move(call), 0);
  }
};

/// A call with items, and the items themselves.
class outgoing_call::flow final : public item_source {
 public:
  explicit flow(std::shared_ptr<client_core> core, std::shared_ptr<void> keep)
      : keep_(std::move(keep)), call(std::move(core)) {}

  task<result<std::optional<std::vector<std::byte>>>> next(operation_options with) override {
    return call.client->next_item(call, wait_bounds(with, call.client->time()));
  }
  const call_end& end() const noexcept override {
    const std::lock_guard lock(call.client->mutex());
    return call.done ? call.end : not_ended_;  // done: nobody writes it any more
  }
  /// Sends the call and waits for its first item or its end.
  task<call_end> begin(std::uint64_t position, payload body, call_options with) {
    const auto bounds = call.client->bounds_of(with);
    auto started = co_await call.client->open(call, position, body, bounds);
    if (started.outcome() != call_outcome::replied) co_return started;
    co_return co_await call.client->answer(call, bounds);
  }

 private:
  std::shared_ptr<void> keep_;
  const call_end not_ended_;

 public:
  pending_call call;
  call_options options;
};

client connect_channel(const runtime& of, const channel& what, client_options options) {
  if (options.transports.empty()) throw error(errc::invalid_option, "connect_channel without a transport");
  check_exchanges(what, options);
  if (!options.keep_as.empty() && !kept_bindings::is_name(options.keep_as))
    throw error(errc::invalid_option, "keep_as: 1 to 64 characters of A-Z a-z 0-9 . _ -");
  client_settings settings(of.self());
  settings.transports = std::move(options.transports);
  settings.connecting.peer(std::move(options.peer))
      .level(options.security)
      .channel(what.definition())
      .limits(options.limits)
      .keep_as(std::move(options.keep_as))
      .time(std::move(options.time));
  settings.push_names = names_of(what.to_connector());
  settings.pushes = handler_table(what.to_connector(), of.handlers(), options.handlers);
  const observation& watched = of.self().shared_state()->watched();
  settings.on_state = logged(watched.lines, settings.connecting.peer(), std::move(options.on_state));
  settings.on_failure = logged(watched.lines, std::move(options.on_failure));
  auto core = client_core::start(of.executor(), std::move(settings));
  auto watch = call_watch::make(watched, call_span::side::client, names_of(what.to_acceptor()));
  return client(std::shared_ptr<client::shared>(
      new client::shared{std::move(core), what, std::move(options.around), std::move(watch)}));
}

std::optional<std::uint64_t> client::position_of(std::type_index action) const {
  return handle_->contract.to_acceptor().position_of(action);
}

task<void> client::ready(operation_options options) const {
  const auto handle = handle_;
  const auto outcome = co_await handle->core->ready(std::move(options));
  if (!outcome) throw error(outcome.error(), "waiting for a connection");
}

task<void> client::close() const {
  const auto handle = handle_;
  co_await handle->core->close();
}

std::shared_ptr<const coseal::peer> client::peer() const {
  return handle_->core->peer();
}

std::uint64_t client::unhandled_pushes() const {
  return handle_->core->unhandled_pushes();
}

task<call_end> client::call_bytes(std::optional<std::uint64_t> position, payload body,
                                  call_options options) const {
  const auto handle = handle_;
  if (!position) co_return not_in_channel();
  watched_call watched;
  handle->begin(watched, *position, options);
  call_end end;
  if (handle->around.empty()) {
    end = co_await handle->core->call(*position, body, std::move(options));
  } else {
    const auto call = [&] { return handle->core->call(*position, body, options); };
    end = co_await handle->run(handle, *position, call);
  }
  watched.ended(outcome_word(end.outcome()));
  co_return end;
}

task<call_end> client::open_stream(std::optional<std::uint64_t> position, payload body, call_options options,
                                   std::shared_ptr<item_source>& items) const {
  const auto handle = handle_;
  if (!position) co_return not_in_channel();
  const auto made = std::make_shared<outgoing_call::flow>(handle->core, handle);
  made->call.gives_items = true;
  watched_call watched;
  handle->begin(watched, *position, options);
  made->call.trace = options.trace();
  const auto call = [&] { return made->begin(*position, body, options); };
  auto end = co_await handle->run(handle, *position, call);
  watched.ended(outcome_word(end.outcome()));
  if (end.outcome() == call_outcome::replied) items = made;
  co_return end;
}

task<call_end> client::open_upload(std::optional<std::uint64_t> position, bool gives_items, payload body,
                                   call_options options, outgoing_call& made) const {
  const auto handle = handle_;
  if (!position) co_return not_in_channel();
  made.state_ = std::make_shared<outgoing_call::flow>(handle->core, handle);
  made.state_->call.takes_items = true;
  made.state_->call.gives_items = gives_items;
  watched_call watched;
  handle->begin(watched, *position, options);
  made.state_->call.trace = options.trace();
  made.state_->options = options;
  const auto call = [&] {
    return handle->core->open(made.state_->call, *position, body, handle->core->bounds_of(options));
  };
  auto end = co_await handle->run(handle, *position, call);
  watched.ended(outcome_word(end.outcome()));
  co_return end;
}

task<result<void>> outgoing_call::send(payload item, operation_options options) {
  const auto state = state_;
  co_return co_await state->call.client->send_item(state->call, item,
                                                   wait_bounds(options, state->call.client->time()));
}

task<call_end> outgoing_call::finish() {
  const auto state = state_;
  const auto bounds = state->call.client->bounds_of(state->options);
  const auto ended = co_await state->call.client->end_items(state->call, bounds);
  if (!ended) {
    state->call.client->leave(state->call);
    co_return call_end(call_outcome::unknown, ended.error());
  }
  co_return co_await state->call.client->answer(state->call, bounds);
}

std::shared_ptr<item_source> outgoing_call::items() const {
  return state_;
}

}  // namespace coseal
