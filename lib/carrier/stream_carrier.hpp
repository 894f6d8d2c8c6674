#pragma once

#include <coseal/carrier.hpp>

#include <asio/basic_stream_socket.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

namespace coseal {

/// True for what an accept gives that was waiting when its acceptor was closed, or came later.
inline bool accept_was_ended(std::error_code error) noexcept {
  return error == asio::error::operation_aborted || error == asio::error::bad_descriptor;
}

/// The first bytes that come while nobody reads. Waiting is a read into them, since Asio's async_wait costs
/// an epoll_ctl each time, and most small messages are in them whole.
struct early_bytes {
  std::array<std::byte, 256> bytes;
  std::size_t begin = 0, end = 0;
  std::error_code error;              // which the socket tells only once
  std::atomic<bool> awaited = false;  // Asio may be writing to all of this

  std::size_t take(std::span<std::byte> into) noexcept {
    const std::size_t n = std::min(into.size(), end - begin);
    std::memcpy(into.data(), bytes.data() + begin, n);
    begin += n;
    return n;
  }
};

/// A connected stream socket (TCP, Unix) as a carrier. Reads and writes are system calls of our own on the
/// native handle: Asio 1.22 passes at most 16 buffers and 64 KiB to one call. Asio waits.
template <typename Protocol>
class stream_carrier final : public duplex_carrier {
 public:
  using socket_type = asio::basic_stream_socket<Protocol, asio::any_io_executor>;

  stream_carrier(socket_type socket, std::string kind, std::string peer_address, std::string source)
      : socket_(std::move(socket)),
        kind_(std::move(kind)),
        peer_address_(std::move(peer_address)),
        source_(std::move(source)) {}

  asio::any_io_executor executor() const noexcept override {
    return const_cast<socket_type&>(socket_).get_executor();
  }

  std::size_t try_read_some(std::span<std::byte> into, std::error_code& error) noexcept override {
    // What Asio has read meanwhile comes first in the stream.
    if (early_ && early_->awaited.load(std::memory_order_acquire)) return error = asio::error::would_block, 0;
    if (!early_ || early_->begin == early_->end) {
      if (early_ && early_->error) return error = early_->error, 0;
      // A small message was all that there was: asking again would only hear so, and waiting finds out as
      // well.
      if (std::exchange(dry_, false)) return error = asio::error::would_block, 0;
      const std::size_t n = receive(into, error);
      dry_ = !error && n < into.size() && n <= small_message;
      return n;
    }
    const bool full = early_->end == early_->bytes.size();
    const std::size_t n = early_->take(into);
    error.clear();
    dry_ = !full;
    if (!full || n == into.size()) return n;
    std::error_code later;
    const std::size_t more = receive(into.subspan(n), later);
    if (later != asio::error::would_block) early_->error = later;
    dry_ = !later && more < into.size() - n && more <= small_message;
    return n + more;
  }

  std::size_t try_write_some(std::span<const asio::const_buffer> from,
                             std::error_code& error) noexcept override {
    std::array<iovec, largest_gather> pieces;  // NOLINT: filled as far as it is used
    const std::size_t count = std::min(from.size(), pieces.size());
    for (std::size_t i = 0; i < count; ++i) pieces[i] = {const_cast<void*>(from[i].data()), from[i].size()};
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = count;
    for (;;) {
      const ssize_t n = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n >= 0) return error.clear(), static_cast<std::size_t>(n);
      if (errno != EINTR) return error = from_errno(), 0;
    }
  }

  void wait_readable(std::shared_ptr<carrier_observer> observer) override {
    if (!early_) early_ = std::make_shared<early_bytes>();
    if (early_->begin != early_->end) {
      return asio::post(socket_.get_executor(),
                        [observer = std::move(observer)] { observer->on_readable({}); });
    }
    early_->awaited.store(true, std::memory_order_relaxed);
    socket_.async_read_some(asio::buffer(early_->bytes), [early = early_, observer = std::move(observer)](
                                                             const std::error_code& error, std::size_t n) {
      early->begin = 0;
      early->end = n;
      if (error != asio::error::operation_aborted) early->error = error;
      early->awaited.store(false, std::memory_order_release);
      observer->on_readable(error);
    });
  }
  bool rest() noexcept override {
    if (!early_ || !early_->awaited.load(std::memory_order_acquire)) return false;
    std::error_code ignored;
    socket_.cancel(ignored);
    return true;
  }
  void wait_readable_at_rest(std::shared_ptr<carrier_observer> observer) override {
    if (early_ && (early_->begin != early_->end || early_->error)) return wait_readable(std::move(observer));
    early_.reset();
    dry_ = false;
    socket_.async_wait(
        socket_type::wait_read,
        [observer = std::move(observer)](const std::error_code& error) { observer->on_readable(error); });
  }
  void wait_writable(std::shared_ptr<carrier_observer> observer) override {
    socket_.async_wait(
        socket_type::wait_write,
        [observer = std::move(observer)](const std::error_code& error) { observer->on_writable(error); });
  }

  void shutdown_send() noexcept override { ::shutdown(socket_.native_handle(), SHUT_WR); }
  void close() noexcept override {
    // The descriptor itself goes with the object: a try on another thread must never meet a number in new
    // use.
    std::error_code ignored;
    socket_.cancel(ignored);
    ::shutdown(socket_.native_handle(), SHUT_RDWR);
  }

  std::string kind() const override { return kind_; }
  std::string peer_address() const override { return peer_address_; }
  std::string source() const override { return source_; }

 private:
  static constexpr std::size_t largest_gather = 1000;  // below IOV_MAX
  static constexpr std::size_t small_message = 8 * 1024;

  std::size_t receive(std::span<std::byte> into, std::error_code& error) noexcept {
    for (;;) {
      const ssize_t n = ::recv(socket_.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
      if (n > 0) return error.clear(), static_cast<std::size_t>(n);
      if (n == 0) return error = asio::error::eof, 0;
      if (errno != EINTR) return error = from_errno(), 0;
    }
  }

  static std::error_code from_errno() noexcept {
    const int code = errno;
    if (code == EAGAIN || code == EWOULDBLOCK) return asio::error::would_block;
    return {code, asio::error::get_system_category()};
  }

  socket_type socket_;
  std::shared_ptr<early_bytes> early_ = std::make_shared<early_bytes>();  // not there at rest
  bool dry_ = false;                                                      // the last read came short
  std::string kind_;
  std::string peer_address_;
  std::string source_;
};

}  // namespace coseal
