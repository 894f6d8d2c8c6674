#pragma once

#include <coseal/action.hpp>
#include <coseal/encoded.hpp>
#include <coseal/handler.hpp>
#include <coseal/stream.hpp>

#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace coseal {
namespace detail {

template <typename A>
struct action_takes {
  using type = void;
};
template <typename A>
requires requires {
  typename A::takes;
}
struct action_takes<A> {
  using type = typename A::takes;
};

/// The caller's items, for a handler.
class served_items final : public item_source {
 public:
  explicit served_items(served_call& of) noexcept : call_(of) {}
  task<result<std::optional<std::vector<std::byte>>>> next(operation_options options) override {
    return call_.next_item(std::move(options));
  }
  const call_end& end() const noexcept override { return end_; }

 private:
  served_call& call_;
  call_end end_;
};

template <typename E>
bool declare_if(served_call& call, const std::exception_ptr& thrown, std::uint64_t which) {
  try {
    std::rethrow_exception(thrown);
  } catch (const E& error) {
    call.declare(which, encoded(error));
    return true;
  } catch (...) {
    return false;
  }
}

template <typename... Errors>
bool declare_any(served_call& call, const std::exception_ptr& thrown, declared<Errors...>) {
  std::uint64_t which = 0;
  return (false || ... || declare_if<Errors>(call, thrown, which++));
}

/// The handler's arguments: its input, the items it takes, the sink it fills, the context; the last may be
/// left out.
template <typename F, typename... Arguments>
auto invoke_handler(const F& function, context& where, Arguments&&... arguments) {
  if constexpr (std::is_invocable_v<const F&, Arguments..., context&>) {
    return function(std::forward<Arguments>(arguments)..., where);
  } else {
    static_assert(
        std::is_invocable_v<const F&, Arguments...>,
        "coseal: a handler takes (action, context&), (action, stream<T>&, context&) where the action "
        "takes a stream, and a sink<T>& before the context where it replies with one");
    return function(std::forward<Arguments>(arguments)...);
  }
}

template <typename A, typename F>
auto start_handler(const F& function, served_call& call, A in, auto& items, auto& answer) {
  using takes = typename action_takes<A>::type;
  constexpr bool gives = is_stream<reply_of<A>>;
  if constexpr (!std::is_void_v<takes> && gives)
    return invoke_handler(function, call.context(), std::move(in), items, answer);
  else if constexpr (!std::is_void_v<takes>)
    return invoke_handler(function, call.context(), std::move(in), items);
  else if constexpr (gives)
    return invoke_handler(function, call.context(), std::move(in), answer);
  else
    return invoke_handler(function, call.context(), std::move(in));
}

template <typename A, typename F>
task<void> run_handler(const F& function, served_call& call, A in) {
  using takes = typename action_takes<A>::type;
  if constexpr (is_stream<reply_of<A>>) {
    using item = typename reply_of<A>::item;
    sink<item> answer([&call](payload bytes, operation_options options) {
      return call.send_item(bytes, std::move(options));
    });
    if constexpr (std::is_void_v<takes>) {
      int none = 0;
      auto work = start_handler<A>(function, call, std::move(in), none, answer);
      co_await std::move(work);
    } else {
      takes items(std::make_shared<served_items>(call), nullptr);
      auto work = start_handler<A>(function, call, std::move(in), items, answer);
      co_await std::move(work);
    }
    call.end_items();
  } else {
    [[maybe_unused]] int none = 0;
    std::conditional_t<std::is_void_v<takes>, int, takes> items{};
    if constexpr (!std::is_void_v<takes>) items = takes(std::make_shared<served_items>(call), nullptr);
    auto work = start_handler<A>(function, call, std::move(in), items, none);
    if constexpr (std::is_void_v<reply_of<A>>) {
      co_await std::move(work);
      if (!call.try_reply(payload())) co_await call.reply(payload());
    } else {
      const reply_of<A> reply = co_await std::move(work);
      const payload bytes = encoded(reply);
      if (!call.try_reply(bytes)) co_await call.reply(bytes);
    }
  }
}

template <action A, typename F>
task<void> serve_with(const F& function, served_call& call) {
  decode_failure where;
  auto in = decode<A>(call.input(), &where);
  if (!in) co_return call.refuse(call_errc::malformed_input, where.path);
  call.drop_input();
  if constexpr (errors_of<A>::size == 0) {
    auto run = run_handler<A>(function, call, *std::move(in));
    co_await std::move(run);
  } else {
    std::exception_ptr thrown;
    try {
      auto run = run_handler<A>(function, call, *std::move(in));
      co_await std::move(run);
    } catch (...) {
      thrown = std::current_exception();
    }
    if (thrown && !declare_any(call, thrown, errors_of<A>())) std::rethrow_exception(thrown);
  }
}

}  // namespace detail

/// What answers calls of A, or takes pushes of A:
/// `coseal::handle<greet>([](greet in, coseal::context&) -> coseal::task<std::string> { ... })`. It runs once
/// for each call, several at a time; throwing a declared error of A sends it to the caller, anything else is
/// call_errc::handler_failed there. When the caller gives up, the coroutine is cancelled.
template <action A, typename F>
handler handle(F function) {
  constexpr bool streams = is_stream<reply_of<A>> || !std::is_void_v<typename detail::action_takes<A>::type>;
  return handler(
      typeid(A),
      [function = std::move(function)](served_call& call) { return detail::serve_with<A>(function, call); },
      streams);
}

}  // namespace coseal
