#pragma once

#include <coseal/asio.hpp>
#include <coseal/call_end.hpp>
#include <coseal/codec.hpp>
#include <coseal/encoded.hpp>
#include <coseal/operation_options.hpp>
#include <coseal/result.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace coseal {

/// Where the bytes of items come from: the other end of a stream. For one coroutine at a time.
class item_source {
 public:
  virtual ~item_source() = default;
  /// The next item; none after the last.
  virtual task<result<std::optional<std::vector<std::byte>>>> next(operation_options options) = 0;
  /// How the call ended, once next() has failed.
  virtual const call_end& end() const noexcept = 0;
};

/// Items one by one, as they come: the answer of an action with `using reply = coseal::stream<T>`, or what an
/// action with `using takes = coseal::stream<T>` is given. The sender waits while 256 KiB are not taken, so a
/// stream that nobody reads holds up nothing else. Dropping it tells the sender to stop. One coroutine at a
/// time.
template <typename T>
class stream {
 public:
  using item = T;
  using raise_function = void (*)(const call_end& how);

  stream() noexcept = default;
  stream(std::shared_ptr<item_source> from, raise_function to_throw) noexcept
      : source_(std::move(from)), raise_(to_throw) {}

  /// The next item; none after the last. Throws what a call would throw: call_error, or an error that the
  /// action declares.
  task<std::optional<T>> next(operation_options options = {}) {
    auto bytes = co_await source_->next(std::move(options));
    if (!bytes) raise(bytes.error());
    std::optional<T> taken;
    if (*bytes) {
      auto read = decode<T>(**bytes);
      if (!read) throw call_error(call_outcome::unexpected_error, call_errc::malformed_answer, "an item");
      taken = *std::move(read);
    }
    co_return taken;
  }
  task<result<std::optional<T>>> next(as_result_t, operation_options options = {}) {
    auto bytes = co_await source_->next(std::move(options));
    if (!bytes) co_return bytes.error();
    std::optional<T> taken;
    if (*bytes) {
      auto read = decode<T>(**bytes);
      if (!read) co_return call_errc::malformed_answer;
      taken = *std::move(read);
    }
    co_return taken;
  }
  explicit operator bool() const noexcept { return source_ != nullptr; }

 private:
  void raise(std::error_code why) const {
    if (raise_ != nullptr && source_->end().error()) raise_(source_->end());
    throw call_error(call_outcome::unknown, why, "a stream");
  }

  std::shared_ptr<item_source> source_;
  raise_function raise_ = nullptr;
};

/// Where a handler puts the items of its answer.
template <typename T>
class sink {
 public:
  using send_function = std::function<task<result<void>>(payload, operation_options)>;
  explicit sink(send_function send) : send_(std::move(send)) {}

  /// Waits while the caller does not take what was sent. Throws coseal::error; condition::cancelled when the
  /// caller is gone.
  task<void> send(const T& item, operation_options options = {}) {
    auto sent = co_await send_(encoded(item), std::move(options));
    if (!sent) throw error(sent.error(), "sending an item");
  }

 private:
  send_function send_;
};

template <typename T>
inline constexpr bool is_stream = false;
template <typename T>
inline constexpr bool is_stream<stream<T>> = true;

/// A stream is no value; a channel's definition names what flows in it.
template <typename T>
struct codec<stream<T>> {
  static void describe(description& out) {
    out.add("stream<");
    codec<T>::describe(out);
    out.add(">");
  }
};

}  // namespace coseal
