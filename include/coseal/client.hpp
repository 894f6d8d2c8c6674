#pragma once

#include <coseal/asio.hpp>
#include <coseal/call_arguments.hpp>
#include <coseal/call_options.hpp>
#include <coseal/call_result.hpp>
#include <coseal/channel.hpp>
#include <coseal/channel_state.hpp>
#include <coseal/runtime.hpp>
#include <coseal/session_options.hpp>
#include <coseal/stream.hpp>
#include <coseal/transport.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace coseal {

/// The rest of the way of a call: `co_await next()` once, or not at all.
using next_call = std::function<task<call_end>()>;
/// Around every call of a client: may measure and log the outcome, or refuse by giving an end of its own,
/// such as call_end(call_outcome::not_sent, call_errc::refused, "why"). `action` is "domain/action".
using around_call = std::function<task<call_end>(std::string_view action, next_call next)>;

/// What connect_channel is told. An aggregate for a function that is not awaited.
struct client_options {
  coordinate peer = {};  ///< who must answer; empty: anybody
  security_level security = security_level::encrypted;
  /// In this order; the first that comes up is used, and one before it again once that comes back. Those of
  /// http_exchange() carry calls alone: streams end with errc::needs_duplex, and no pushes come.
  std::vector<transport> transports = {};
  /// Goes by HTTP where there is nothing else although the channel has pushes, which will not come then.
  bool allow_exchange = false;
  std::vector<handler> handlers = {};  ///< of pushes, beside the runtime's
  /// Around every call; the first is the outermost. Of a stream they see how it begins.
  std::vector<around_call> around = {};
  session_limits limits = {};
  /// Keeps the session in the runtime's storage under this name, so that a restarted program resumes it; see
  /// connect_options::keep_as. Empty: in memory alone.
  std::string keep_as = {};
  std::shared_ptr<clock> time = steady_clock();
  /// Told of every change, on the client's own strand.
  std::function<void(const channel_state&)> on_state = {};
  /// A push handler threw.
  std::function<void(std::string_view action, std::exception_ptr failure)> on_failure = {};
};

class client_core;

/// The items that go with one call, from its side: what `open` gives for an action that takes a stream. One
/// coroutine at a time; dropping it before `finish` cancels the call.
class outgoing_call {
 public:
  outgoing_call() noexcept = default;
  task<result<void>> send(payload bytes, operation_options options);
  /// No more items; waits for the end, or for the first item of a streamed answer.
  task<call_end> finish();
  std::shared_ptr<item_source> items() const;

 private:
  friend class client;
  class flow;
  std::shared_ptr<flow> state_;
};

/// Items on their way to the handler of an A.
template <action A>
class upload {
 public:
  using item = typename A::takes::item;
  explicit upload(outgoing_call call) : call_(std::move(call)) {}

  /// Waits while the handler does not take what was sent. Throws what finish() would when the call has ended.
  task<void> send(const item& value, operation_options options = {}) {
    auto sent = co_await call_.send(encoded(value), std::move(options));
    if (sent) co_return;
    if (call_.items()->end().error()) call_result<A>(call_.items()->end()).rethrow();
    throw call_error(call_outcome::unknown, sent.error(), std::string(action_name<A>()));
  }
  template <typename Item>
  requires(detail::destroyed_twice<Item&&>) task<void> send(Item&&, operation_options = {}) {
    static_assert(detail::always_false<Item>, COSEAL_NAME_IT);
    return task<void>();
  }
  /// After the last item: the reply. Throws as client::call does; the time given to `open` counts from here.
  task<reply_of<A>> finish();

 private:
  outgoing_call call_;
};

/// One side of a channel that connects: calls go out, pushes come in. It connects by itself, and again after
/// a loss. A handle: copies share the connection, which ends with the last of them or with close(). Usable
/// from any thread; it must be gone, or closed, before its execution context.
class client {
 public:
  client() noexcept = default;

  /// `co_await client.call<greet>("Ada")`, or with options last: `call<greet>("Ada", coseal::within(5s))`.
  /// Gives the reply, throws an error that A declares, or call_error with the outcome.
  template <action A, typename... Arguments>
  task<reply_of<A>> call(Arguments&&... arguments) const {
    return detail::with_action<A, call_options>(
        [this](A made, call_options options) {
          return call_owned<A>(*this, std::move(made), std::move(options));
        },
        std::forward<Arguments>(arguments)...);
  }
  /// The same for an action that has a name and lives until the call ends.
  template <action A>
  task<reply_of<A>> call(const A& named, call_options options = {}) const {
    return call_named<A>(*this, named, std::move(options));
  }
  template <typename A>
  requires(detail::is_temporary_action<A>) auto call(A&& temporary, call_options options = {}) const {
    static_assert(!detail::destroyed_twice<A&&>, COSEAL_NAME_IT);
    return call_owned<std::remove_cvref_t<A>>(*this, std::forward<A>(temporary), std::move(options));
  }

  /// As call, without exceptions: the exact outcome.
  template <action A, typename... Arguments>
  task<call_result<A>> try_call(Arguments&&... arguments) const {
    return detail::with_action<A, call_options>(
        [this](A made, call_options options) {
          return try_owned<A>(*this, std::move(made), std::move(options));
        },
        std::forward<Arguments>(arguments)...);
  }
  template <action A>
  task<call_result<A>> try_call(const A& named, call_options options = {}) const {
    return try_named<A>(*this, named, std::move(options));
  }

  template <typename A>
  requires(detail::is_temporary_action<A>) auto try_call(A&& temporary, call_options options = {}) const {
    static_assert(!detail::destroyed_twice<A&&>, COSEAL_NAME_IT);
    return try_owned<std::remove_cvref_t<A>>(*this, std::forward<A>(temporary), std::move(options));
  }

  /// Begins a call that takes a stream: `using takes = coseal::stream<T>`. Its deadline bounds the beginning,
  /// and, anew, the time from the last item to the answer.
  template <action A, typename... Arguments>
  task<upload<A>> open(Arguments&&... arguments) const {
    return detail::with_action<A, call_options>(
        [this](A made, call_options options) {
          return open_owned<A>(*this, std::move(made), std::move(options));
        },
        std::forward<Arguments>(arguments)...);
  }

  /// Waits for a connection. Throws coseal::error: a refusal, timed_out, cancelled.
  task<void> ready(operation_options options = {}) const;
  /// Calls outstanding end as unknown, the session is closed in order.
  task<void> close() const;
  /// Who answers, while connected.
  std::shared_ptr<const coseal::peer> peer() const;
  /// Pushes that came and had no handler.
  std::uint64_t unhandled_pushes() const;

  /// Calls in bytes, by position; what typed calls are made of. No position: call_errc::not_in_channel.
  task<call_end> call_bytes(std::optional<std::uint64_t> position, payload body, call_options options) const;
  /// A call whose answer is a stream: replied with `items`, or its end.
  task<call_end> open_stream(std::optional<std::uint64_t> position, payload body, call_options options,
                             std::shared_ptr<item_source>& items) const;
  task<call_end> open_upload(std::optional<std::uint64_t> position, bool gives_items, payload body,
                             call_options options, outgoing_call& made) const;

 private:
  friend client connect_channel(const runtime& of, const channel& what, client_options options);
  struct shared;
  explicit client(std::shared_ptr<shared> of) noexcept : handle_(std::move(of)) {}

  template <action A>
  std::optional<std::uint64_t> position_of() const {
    return position_of(typeid(A));
  }
  std::optional<std::uint64_t> position_of(std::type_index action) const;

  template <action A>
  static task<call_result<A>> try_named(client self, const A& named, call_options options) {
    static_assert(std::is_void_v<typename detail::action_takes<A>::type>,
                  "coseal: this action takes a stream; begin it with open<A>(fields...)");
    if constexpr (is_stream<reply_of<A>>) {
      std::shared_ptr<item_source> items;
      const call_end end =
          co_await self.open_stream(self.position_of<A>(), encoded(named), std::move(options), items);
      if (end.outcome() != call_outcome::replied) co_return call_result<A>(end);
      co_return call_result<A>(
          reply_of<A>(std::move(items), [](const call_end& how) { call_result<A>(how).rethrow(); }));
    } else {
      const call_end end =
          co_await self.call_bytes(self.position_of<A>(), encoded(named), std::move(options));
      co_return call_result<A>(end);
    }
  }
  template <action A>
  static task<call_result<A>> try_owned(client self, A made, call_options options) {
    co_return co_await try_named<A>(std::move(self), made, std::move(options));
  }
  // The plain call is one coroutine less than `try_named(...)` and its value would be.
  template <action A>
  static task<reply_of<A>> call_named(client self, const A& named, call_options options) {
    if constexpr (is_stream<reply_of<A>>) {
      auto end = co_await try_named<A>(std::move(self), named, std::move(options));
      co_return std::move(end).value();
    } else {
      static_assert(std::is_void_v<typename detail::action_takes<A>::type>,
                    "coseal: this action takes a stream; begin it with open<A>(fields...)");
      call_result<A> end(co_await self.call_bytes(self.position_of<A>(), encoded(named), std::move(options)));
      if constexpr (std::is_void_v<reply_of<A>>)
        end.rethrow();
      else
        co_return std::move(end).value();
    }
  }
  template <action A>
  static task<reply_of<A>> call_owned(client self, A made, call_options options) {
    co_return co_await call_named<A>(std::move(self), made, std::move(options));
  }
  template <action A>
  static task<upload<A>> open_owned(client self, A made, call_options options) {
    outgoing_call call;
    const call_end end = co_await self.open_upload(self.position_of<A>(), is_stream<reply_of<A>>,
                                                   encoded(made), std::move(options), call);
    if (end.outcome() != call_outcome::replied) call_result<A>(end).rethrow();
    co_return upload<A>(std::move(call));
  }

  std::shared_ptr<shared> handle_;
};

template <action A>
task<reply_of<A>> upload<A>::finish() {
  const call_end end = co_await call_.finish();
  if constexpr (is_stream<reply_of<A>>) {
    if (end.outcome() != call_outcome::replied) call_result<A>(end).rethrow();
    co_return reply_of<A>(call_.items(), [](const call_end& how) { call_result<A>(how).rethrow(); });
  } else {
    call_result<A> read(end);
    if constexpr (std::is_void_v<reply_of<A>>)
      read.rethrow();
    else
      co_return std::move(read).value();
  }
}

/// Connects to a server of `what`. Returns at once; the connection is made and kept in the background.
/// Throws coseal::error: errc::invalid_option without transports, with one of http_exchange() at level none
/// or for a channel with pushes without allow_exchange; call_errc::not_in_channel for a handler of no push,
/// call_errc::duplicate_handler.
client connect_channel(const runtime& of, const channel& what, client_options options);

}  // namespace coseal
