#pragma once
// How messages of calls leave: a small one is put together on the stack and copied into the open record, a
// large one is written once where it is sealed.

#include "channel/call_message.hpp"

#include <coseal/payload.hpp>
#include <coseal/session.hpp>

#include <memory>

namespace coseal {

/// The most that is put together on the stack.
inline constexpr std::size_t small_message = 1024;

/// Zero, asio::error::would_block, or the session's error. A message above small_message would block.
std::error_code try_send_message(session& over, const message_head& head, const payload& body);
/// The same, but never writes: for callers that hold locks.
std::error_code try_queue_message(session& over, const message_head& head, std::span<const std::byte> body);
/// Suspends while the session's queue is full. After a failure nothing was sent. `body` lives until the end.
task<result<void>> send_message(std::shared_ptr<session> over, message_head head, payload body,
                                operation_options options);
/// Without waiting, from anywhere: what does not fit now leaves by a coroutine of its own. For what must be
/// said and is bounded by the calls outstanding.
void post_message(const std::shared_ptr<session>& over, const message_head& head,
                  std::span<const std::byte> body = {});

}  // namespace coseal
