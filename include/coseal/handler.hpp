#pragma once

#include <coseal/asio.hpp>
#include <coseal/call_error.hpp>
#include <coseal/context.hpp>
#include <coseal/operation_options.hpp>
#include <coseal/payload.hpp>
#include <coseal/result.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <typeindex>
#include <utility>
#include <vector>

namespace coseal {

/// One call or push as its handler serves it, in bytes; what typed handlers are made of. For the handler's
/// coroutine alone.
class served_call {
 public:
  virtual ~served_call() = default;

  virtual coseal::context& context() noexcept = 0;
  virtual std::span<const std::byte> input() const noexcept = 0;
  /// The input was read: the memory that it came in, which is much larger, is not needed any more.
  virtual void drop_input() noexcept = 0;
  /// The answer, without waiting; false when it has to be awaited. A push has none and drops it.
  virtual bool try_reply(const payload& answer) = 0;
  virtual task<void> reply(payload answer) = 0;
  /// Ends the call with one of its declared errors.
  virtual void declare(std::uint64_t which, const payload& error) = 0;
  /// Ends the call with another error.
  virtual void refuse(call_errc why, std::string_view text) = 0;
  /// One item of a streamed answer; waits while the caller takes none. condition::cancelled when it is gone.
  virtual task<result<void>> send_item(payload item, operation_options options) = 0;
  /// No more items: the streamed answer is complete.
  virtual void end_items() = 0;
  /// The next item of the caller; none after its last.
  virtual task<result<std::optional<std::vector<std::byte>>>> next_item(operation_options options) = 0;
};

/// What answers one action: made by handle<Action>().
class handler {
 public:
  using function = std::function<task<void>(served_call&)>;
  /// `streams`: items go with the call, one way or the other.
  handler(std::type_index action, function run, bool streams = false)
      : action_(action), run_(std::move(run)), streams_(streams) {}

  /// Callers at a weaker level get call_errc::level_too_low.
  handler& requires_level(security_level weakest) & { return weakest_ = weakest, *this; }
  handler requires_level(security_level weakest) && { return weakest_ = weakest, std::move(*this); }

  std::type_index action() const noexcept { return action_; }
  security_level weakest() const noexcept { return weakest_; }
  bool streams() const noexcept { return streams_; }
  task<void> run(served_call& call) const { return run_(call); }

 private:
  std::type_index action_;
  function run_;
  bool streams_;
  security_level weakest_ = security_level::none;
};

/// The rest of the way to a handler: `co_await next()` once, or not at all.
using next_handler = std::function<task<void>()>;
/// Around every handler: may measure, log, or refuse by throwing call_refused instead of going on.
using around_handler = std::function<task<void>(context&, next_handler)>;

/// Thrown by middleware: the caller gets call_errc::refused with this text.
class call_refused : public error {
 public:
  explicit call_refused(const std::string& text) : error(call_errc::refused, text), text_(text) {}
  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

}  // namespace coseal
