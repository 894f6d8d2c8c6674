#include "detection/detecting_carrier.hpp"

#include "carrier/replayed_carrier.hpp"
#include "detection/opening.hpp"
#include "http/head.hpp"
#include "websocket/websocket_carrier.hpp"

#include <coseal/error.hpp>

#include <asio/error.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <string_view>
#include <utility>

namespace coseal {
namespace {

using carrier_ptr = std::unique_ptr<duplex_carrier>;

/// A head is looked at as a whole only when it can have ended: who sends it byte by byte shall not cost a
/// pass a byte.
bool worth_parsing(std::span<const std::byte> head, std::size_t looked_at) noexcept {
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  return text.find("\r\n\r\n", looked_at - std::min<std::size_t>(looked_at, 3)) != std::string_view::npos;
}

class detecting_carrier final : public duplex_carrier {
 public:
  detecting_carrier(carrier_ptr stream, std::shared_ptr<const other_protocols> others)
      : others_(std::move(others)),
        executor_(stream->executor()),
        kind_(stream->kind()),
        peer_address_(stream->peer_address()),
        source_(stream->source()),
        stream_(std::move(stream)) {}

  asio::any_io_executor executor() const noexcept override { return executor_; }

  std::size_t try_read_some(std::span<std::byte> into, std::error_code& error) noexcept override {
    if (duplex_carrier* const chosen = chosen_.load(std::memory_order_acquire))
      return chosen->try_read_some(into, error);
    for (;;) {
      if (ended_) return error = ended_, 0;
      if (first_.empty()) {  // records go on from where they were read to: nothing is copied
        const std::size_t n = stream_->try_read_some(into, error);
        if (error) return 0;
        const auto begun = into.first(n);
        if (opening_of(begun) == opening::records) {
          choose(take_stream());
          return n;
        }
        first_.assign(begun.begin(), begun.end());
      } else {
        std::array<std::byte, 2048> part;  // NOLINT: filled as far as it is used
        const std::size_t n = stream_->try_read_some(part, error);
        if (error) return 0;
        first_.insert(first_.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(n));
      }
      decide();
      if (duplex_carrier* const chosen = chosen_.load(std::memory_order_acquire))
        return chosen->try_read_some(into, error);
    }
  }

  std::size_t try_write_some(std::span<const asio::const_buffer> from,
                             std::error_code& error) noexcept override {
    // Until it is known what the peer speaks there is nothing that could be said to it.
    if (duplex_carrier* const chosen = chosen_.load(std::memory_order_acquire))
      return chosen->try_write_some(from, error);
    const std::lock_guard lock(mutex_);
    if (gone_) return error = asio::error::broken_pipe, 0;
    return error = asio::error::would_block, 0;
  }

  void wait_readable(std::shared_ptr<carrier_observer> observer) override {
    const std::lock_guard lock(mutex_);
    if (duplex_carrier* const at = current()) return at->wait_readable(std::move(observer));
    tell(&carrier_observer::on_readable, std::move(observer));
  }
  bool rest() noexcept override {
    const std::lock_guard lock(mutex_);
    return decided_ && decided_->rest();
  }
  void wait_readable_at_rest(std::shared_ptr<carrier_observer> observer) override {
    const std::lock_guard lock(mutex_);
    decided_->wait_readable_at_rest(std::move(observer));
  }
  void wait_writable(std::shared_ptr<carrier_observer> observer) override {
    const std::lock_guard lock(mutex_);
    if (decided_) return decided_->wait_writable(std::move(observer));
    if (gone_ || closed_) return tell(&carrier_observer::on_writable, std::move(observer));
    writer_ = std::move(observer);
  }
  void shutdown_send() noexcept override {
    const std::lock_guard lock(mutex_);
    if (decided_) decided_->shutdown_send();
  }
  void close() noexcept override {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    if (duplex_carrier* const at = current()) at->close();
    if (writer_) tell(&carrier_observer::on_writable, std::exchange(writer_, nullptr));
  }

  std::string kind() const override {
    const std::lock_guard lock(mutex_);
    return decided_ ? decided_->kind() : kind_;
  }
  std::string peer_address() const override { return peer_address_; }
  std::string source() const override { return source_; }

 private:
  /// Looks at what was read and, if it says enough, goes on as that.
  void decide() {
    switch (opening_of(first_)) {
      case opening::undecided:
        return;
      case opening::records:  // one that begins with other bytes than its first
      case opening::unknown:
        return end_with(asio::error::eof);
      case opening::tls:
        return take_tls();
      case opening::http:
        return take_head();
    }
  }

  void take_tls() {
    if (!others_->tls) return end_with(asio::error::eof);
    auto terminated = others_->tls(replayed(take_stream(), std::move(first_)));
    if (!terminated) return end_with(asio::error::eof);
    choose(detecting(std::move(terminated), inside_tls()));
  }

  void take_head() {
    const http::head_limits limits;
    const std::size_t looked_at = std::exchange(looked_at_, first_.size());
    if (looked_at != 0 && first_.size() < limits.bytes && !worth_parsing(first_, looked_at)) return;
    const auto parsed = http::parse_request_head(first_, limits);
    if (parsed && !*parsed) return;
    if (parsed && (*parsed)->head.has_token("Upgrade", "websocket"))
      return choose(
          websocket::websocket_carrier::accepting(take_stream(), others_->upgrades, std::move(first_)));
    // What is wrong with a head is said by who speaks HTTP.
    leave();
  }

  /// A close() that comes before it is put to use again is made up for there.
  carrier_ptr take_stream() {
    const std::lock_guard lock(mutex_);
    return std::move(stream_);
  }

  void choose(carrier_ptr next) {
    const std::lock_guard lock(mutex_);
    first_ = {};
    decided_ = std::move(next);
    if (closed_) decided_->close();
    if (writer_) decided_->wait_writable(std::exchange(writer_, nullptr));
    chosen_.store(decided_.get(), std::memory_order_release);
  }

  void leave() {
    carrier_ptr stream;
    {
      const std::lock_guard lock(mutex_);
      end_with(errc::cancelled);
      gone_ = true;
      stream = std::move(stream_);
      if (closed_) stream->close();
      if (writer_) tell(&carrier_observer::on_writable, std::exchange(writer_, nullptr));
    }
    others_->http(std::move(stream), std::move(first_));
  }

  void end_with(std::error_code error) noexcept { ended_ = error; }

  std::shared_ptr<const other_protocols> inside_tls() const {
    auto inner = std::make_shared<other_protocols>(*others_);
    inner->tls = nullptr;
    return inner;
  }

  // --- under the mutex

  duplex_carrier* current() const noexcept { return decided_ ? decided_.get() : stream_.get(); }
  void tell(void (carrier_observer::*what)(std::error_code) noexcept,
            std::shared_ptr<carrier_observer> observer) {
    asio::post(executor_, [what, observer = std::move(observer)] {
      (observer.get()->*what)(asio::error::operation_aborted);
    });
  }

  const std::shared_ptr<const other_protocols> others_;
  const asio::any_io_executor executor_;
  const std::string kind_, peer_address_, source_;

  // The reader's.
  std::vector<std::byte> first_;  // what was read before anything was known
  std::size_t looked_at_ = 0;
  std::error_code ended_;

  mutable std::mutex mutex_;
  carrier_ptr stream_;  // until it is decided; then it is part of what it became
  carrier_ptr decided_;
  std::atomic<duplex_carrier*> chosen_ = nullptr;
  std::shared_ptr<carrier_observer> writer_;
  bool gone_ = false;
  bool closed_ = false;
};

}  // namespace

std::unique_ptr<duplex_carrier> detecting(std::unique_ptr<duplex_carrier> stream,
                                          std::shared_ptr<const other_protocols> others) {
  return std::make_unique<detecting_carrier>(std::move(stream), std::move(others));
}

}  // namespace coseal
