// The baseline of request and ping: plain Asio coroutines, messages with a length before them. The client
// writes all that is due with one async_write, the server answers all that one read brought with one.

#include "plain_socket.hpp"
#include "request.hpp"
#include "two_cores.hpp"

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <cstring>
#include <span>

namespace coseal::bench {
namespace {

constexpr std::size_t prefix = sizeof(std::uint32_t);

/// Bytes that were read and not yet used, whole messages first.
class read_buffer {
 public:
  explicit read_buffer(std::size_t message_size)
      : bytes_(std::max<std::size_t>(256 * 1024, 2 * (message_size + prefix))) {}

  asio::mutable_buffer room() { return asio::buffer(bytes_.data() + filled_, bytes_.size() - filled_); }
  void filled(std::size_t n) { filled_ += n; }
  /// Calls `use` with each whole message; says how many there were.
  template <typename Use>
  std::size_t take_messages(Use use) {
    std::size_t at = 0, count = 0;
    while (filled_ - at >= prefix) {
      const std::size_t size = read_length(bytes_.data() + at);
      if (filled_ - at - prefix < size) break;
      use(std::span<const std::byte>(bytes_.data() + at + prefix, size));
      at += prefix + size;
      ++count;
    }
    std::memmove(bytes_.data(), bytes_.data() + at, filled_ - at);
    filled_ -= at;
    return count;
  }

 private:
  std::vector<std::byte> bytes_;
  std::size_t filled_ = 0;
};

void append_message(std::vector<std::byte>& batch, std::span<const std::byte> message) {
  const std::size_t at = batch.size();
  batch.resize(at + prefix + message.size());
  write_length(batch.data() + at, message.size());
  std::memcpy(batch.data() + at + prefix, message.data(), message.size());
}

asio::awaitable<void> ask(plain_socket socket, std::size_t message_size, request_meter& meter) {
  const std::vector<std::byte> request(message_size, std::byte{7});
  std::vector<std::byte> batch;
  read_buffer replies(message_size);
  std::error_code error;
  while (!meter.over()) {
    batch.clear();
    for (std::size_t i = 0; i < meter.due(); ++i) append_message(batch, request);
    meter.sent_all_due();
    co_await asio::async_write(socket, asio::buffer(batch), asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    std::size_t came = 0;
    while (came == 0) {
      replies.filled(
          co_await socket.async_read_some(replies.room(), asio::redirect_error(asio::use_awaitable, error)));
      if (error) co_return;
      came = replies.take_messages([](std::span<const std::byte>) {});
    }
    meter.replied(came);
  }
}

asio::awaitable<void> answer(plain_socket socket, std::size_t message_size) {
  std::vector<std::byte> batch;
  read_buffer requests(message_size);
  std::error_code error;
  while (true) {
    requests.filled(
        co_await socket.async_read_some(requests.room(), asio::redirect_error(asio::use_awaitable, error)));
    if (error) co_return;
    batch.clear();
    requests.take_messages([&](std::span<const std::byte> request) { append_message(batch, request); });
    co_await asio::async_write(socket, asio::buffer(batch), asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
  }
}

}  // namespace

run_result request_baseline(const request_load& load) {
  request_meter meter(load);
  asio::io_context asking(1), answering(1);
  auto& server = load.one_thread ? asking : answering;
  auto [from, to] = plain_pair(asking, server, load.carrier, load.congestion);
  asio::co_spawn(asking, ask(std::move(from), load.message_size, meter), rethrow);
  asio::co_spawn(server, answer(std::move(to), load.message_size), rethrow);
  if (load.one_thread) {
    asking.run();
  } else {
    run_on_two_cores(
        load.pin, [&] { asking.run(); }, [&] { answering.run(); },
        [&] {
          asking.stop();
          answering.stop();
        });
  }
  return meter.result();
}

}  // namespace coseal::bench
