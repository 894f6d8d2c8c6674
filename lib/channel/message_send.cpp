#include "channel/message_send.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>

#include <array>
#include <cstring>
#include <vector>

namespace coseal {
namespace {

void join(std::byte* at, const message_head& head, const payload& body) {
  std::memcpy(at, head.bytes().data(), head.bytes().size());
  body.write_to(at + head.bytes().size());
}

std::vector<std::byte> joined(const message_head& head, std::span<const std::byte> body) {
  std::vector<std::byte> message;
  message.reserve(head.bytes().size() + body.size());
  message.insert(message.end(), head.bytes().begin(), head.bytes().end());
  message.insert(message.end(), body.begin(), body.end());
  return message;
}

task<void> send_later(std::shared_ptr<session> over, std::vector<std::byte> message) {
  static_cast<void>(co_await over->send(as_result, message));  // a session that ended says so to its receiver
}

}  // namespace

std::error_code try_send_message(session& over, const message_head& head, const payload& body) {
  const std::size_t size = head.bytes().size() + body.size();
  if (size > small_message) return asio::error::would_block;
  std::array<std::byte, small_message> message;
  join(message.data(), head, body);
  return over.try_send(std::span(message).first(size));
}

std::error_code try_queue_message(session& over, const message_head& head, std::span<const std::byte> body) {
  return over.try_queue(joined(head, body));
}

task<result<void>> send_message(std::shared_ptr<session> over, message_head head, payload body,
                                operation_options options) {
  frame_buffer message = over->make_frame(head.bytes().size() + body.size());
  join(message.bytes().data(), head, body);
  co_return co_await over->send(as_result, std::move(message), std::move(options));
}

void post_message(const std::shared_ptr<session>& over, const message_head& head,
                  std::span<const std::byte> body) {
  std::vector<std::byte> message = joined(head, body);
  if (over->try_queue(message) != asio::error::would_block) return;
  // Posted: callers hold locks.
  asio::post(over->executor(), [over, message = std::move(message)]() mutable {
    asio::co_spawn(over->executor(), send_later(over, std::move(message)), asio::detached);
  });
}

}  // namespace coseal
