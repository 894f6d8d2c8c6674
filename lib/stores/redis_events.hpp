#pragma once

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <functional>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <memory>

namespace coseal {

/// hiredis' asynchronous connection on Asio: hiredis says when it wants to read or write, this waits for it.
/// Used on the one thread of its io_context.
class redis_events : public std::enable_shared_from_this<redis_events> {
 public:
  using on_gone = std::function<void(const redis_events& which)>;

  /// Takes over a context that is connecting; `gone` is queued when hiredis has freed it, for whatever
  /// reason.
  static std::shared_ptr<redis_events> attach(asio::io_context& io, ::redisAsyncContext* context,
                                              on_gone gone);

  /// Null once it is gone.
  ::redisAsyncContext* context() const noexcept { return context_; }
  /// Ends the connection; what waits for a reply gets none.
  void close();

  /// Of what a reply may make us keep before it is whole; more ends the connection.
  static constexpr std::size_t max_unread = 4 << 20;
  /// Elements of one array in a reply.
  static constexpr std::size_t max_elements = 1 << 16;

 private:
  redis_events(asio::io_context& io, ::redisAsyncContext* context, on_gone gone);
  void wait(bool& wanted, bool& waiting, asio::posix::stream_descriptor::wait_type what,
            void (*handle)(::redisAsyncContext*));
  void release();

  asio::io_context& io_;
  ::redisAsyncContext* context_;
  on_gone gone_;
  asio::posix::stream_descriptor socket_;
  bool wants_read_ = false;
  bool wants_write_ = false;
  bool waits_to_read_ = false;
  bool waits_to_write_ = false;
};

}  // namespace coseal
