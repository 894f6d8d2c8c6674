#include "stores/redis_events.hpp"

#include <asio/post.hpp>

#include <utility>

namespace coseal {
namespace {

/// What hiredis makes of replies by itself; the same for each connection.
::redisReplyObjectFunctions usual_replies{};

/// The same with a bound on arrays, for which it takes memory by the length that they declare.
::redisReplyObjectFunctions* bounded_replies(const ::redisReplyObjectFunctions& usual) {
  static ::redisReplyObjectFunctions bounded = [&usual] {
    usual_replies = usual;
    ::redisReplyObjectFunctions made = usual;
    // hiredis 0.14 counts in int, 1.0 in size_t.
    made.createArray = [](const ::redisReadTask* where, auto elements) -> void* {
      const bool fits = static_cast<std::size_t>(elements) <= redis_events::max_elements;
      return fits ? usual_replies.createArray(where, elements) : nullptr;
    };
    return made;
  }();
  return &bounded;
}

redis_events* events_of(void* data) noexcept {
  return static_cast<redis_events*>(data);
}

}  // namespace

redis_events::redis_events(asio::io_context& io, ::redisAsyncContext* context, on_gone gone)
    : io_(io), context_(context), gone_(std::move(gone)), socket_(io, context->c.fd) {}

std::shared_ptr<redis_events> redis_events::attach(asio::io_context& io, ::redisAsyncContext* context,
                                                   on_gone gone) {
  const std::shared_ptr<redis_events> made(new redis_events(io, context, std::move(gone)));
  context->c.reader->fn = bounded_replies(*context->c.reader->fn);
  // hiredis holds it by its cleanup hook, which comes exactly once.
  context->ev.data = made.get();
  context->ev.addRead = [](void* data) {
    auto* self = events_of(data);
    self->wants_read_ = true;
    self->wait(self->wants_read_, self->waits_to_read_, asio::posix::stream_descriptor::wait_read,
               ::redisAsyncHandleRead);
  };
  context->ev.delRead = [](void* data) { events_of(data)->wants_read_ = false; };
  context->ev.addWrite = [](void* data) {
    auto* self = events_of(data);
    self->wants_write_ = true;
    self->wait(self->wants_write_, self->waits_to_write_, asio::posix::stream_descriptor::wait_write,
               ::redisAsyncHandleWrite);
  };
  context->ev.delWrite = [](void* data) { events_of(data)->wants_write_ = false; };
  context->ev.cleanup = [](void* data) { events_of(data)->release(); };
  context->ev.addWrite(context->ev.data);  // a connection is there when it can be written to
  return made;
}

void redis_events::wait(bool& wanted, bool& waiting, asio::posix::stream_descriptor::wait_type what,
                        void (*handle)(::redisAsyncContext*)) {
  if (waiting || context_ == nullptr) return;
  waiting = true;
  socket_.async_wait(what,
                     [self = shared_from_this(), &wanted, &waiting, what, handle](std::error_code failed) {
                       waiting = false;
                       if (failed || self->context_ == nullptr || !wanted) return;
                       handle(self->context_);
                       if (self->context_ != nullptr &&
                           self->context_->c.reader->len - self->context_->c.reader->pos > max_unread)
                         self->close();
                       if (self->context_ != nullptr && wanted) self->wait(wanted, waiting, what, handle);
                     });
}

void redis_events::close() {
  if (context_ != nullptr) ::redisAsyncFree(context_);
}

void redis_events::release() {
  const auto self = shared_from_this();
  context_ = nullptr;
  socket_.release();  // hiredis closes it
  asio::post(io_, [self] { std::exchange(self->gone_, nullptr)(*self); });
}

}  // namespace coseal
