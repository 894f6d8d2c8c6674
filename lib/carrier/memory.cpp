// Two carriers joined by two pipes. The knobs make every shape of delivery and failure that a network can
// show.

#include <coseal/carrier.hpp>

#include <asio/error.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <list>
#include <mutex>
#include <vector>

namespace coseal {
namespace {

/// One direction. Bytes become readable in order, at once or when the virtual time has come.
class memory_pipe : public std::enable_shared_from_this<memory_pipe> {
 public:
  memory_pipe(memory_knobs knobs, asio::any_io_executor reader, asio::any_io_executor writer)
      : knobs_(std::move(knobs)), reader_(std::move(reader)), writer_(std::move(writer)) {
    if (knobs_.delay > clock::duration::zero()) alarm_ = knobs_.time->make_alarm(reader_);
    ended_ = knobs_.cut_after == 0;
  }

  std::size_t write(std::span<const asio::const_buffer> from, std::error_code& error) noexcept {
    const std::lock_guard lock(mutex_);
    if (closed_ || ended_) return error = asio::error::broken_pipe, 0;
    if (fails_now()) return error = asio::error::connection_reset, 0;
    std::size_t room = knobs_.capacity - std::min(knobs_.capacity, in_flight());
    if (knobs_.largest_write != 0) room = std::min(room, knobs_.largest_write);
    if (room == 0) return error = asio::error::would_block, 0;
    std::size_t written = 0;
    for (const auto& piece : from) {
      const auto n = std::min(piece.size(), room - written);
      take(static_cast<const std::byte*>(piece.data()), n);
      written += n;
      if (written == room) break;
    }
    if (knobs_.delay > clock::duration::zero()) {
      late_.push_back({knobs_.time->now() + knobs_.delay, written});
      set_alarm();
    } else {
      visible_ = bytes_.size();
      wake_reader({});
    }
    error.clear();
    return written;
  }

  std::size_t read(std::span<std::byte> into, std::error_code& error) noexcept {
    const std::lock_guard lock(mutex_);
    if (closed_) return error = asio::error::bad_descriptor, 0;
    if (fails_now()) return error = asio::error::connection_reset, 0;
    if (visible_ == at_) {
      if (ended_ && late_.empty()) return error = asio::error::eof, 0;
      return error = asio::error::would_block, 0;
    }
    std::size_t n = std::min(into.size(), visible_ - at_);
    if (knobs_.largest_read != 0) n = std::min(n, knobs_.largest_read);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), n, into.begin());
    at_ += n;
    if (at_ == bytes_.size()) {
      bytes_.clear();
      at_ = visible_ = 0;
    } else if (at_ > 64 * 1024) {
      bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(at_));
      visible_ -= at_;
      at_ = 0;
    }
    wake_writer({});
    error.clear();
    return n;
  }

  void wait_readable(std::shared_ptr<carrier_observer> observer) {
    const std::lock_guard lock(mutex_);
    reading_ = std::move(observer);
    if (closed_) return wake_reader(asio::error::operation_aborted);
    if (visible_ != at_ || (ended_ && late_.empty()) || knobs_.fail_at_operation <= operations_)
      wake_reader({});
  }
  /// Nothing is in it most likely: an empty one needs no memory.
  void rest() noexcept {
    const std::lock_guard lock(mutex_);
    if (bytes_.empty()) std::vector<std::byte>().swap(bytes_);
  }
  void wait_writable(std::shared_ptr<carrier_observer> observer) {
    const std::lock_guard lock(mutex_);
    writing_ = std::move(observer);
    if (closed_) return wake_writer(asio::error::operation_aborted);
    if (in_flight() < knobs_.capacity || ended_) wake_writer({});
  }

  /// The writer will write no more; what is in flight can still be read.
  void end() noexcept {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    wake_reader({});
  }
  /// The reader has gone: waits end, writes fail.
  void close() noexcept {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    if (alarm_) alarm_->cancel();
    wake_reader(asio::error::operation_aborted);
    wake_writer({});
  }
  void cancel_writer() noexcept {
    const std::lock_guard lock(mutex_);
    wake_writer(asio::error::operation_aborted);
  }

 private:
  struct late_bytes {
    clock::time_point when;
    std::size_t count;
  };

  std::size_t in_flight() const noexcept { return bytes_.size() - at_; }
  bool fails_now() noexcept { return operations_++ >= knobs_.fail_at_operation; }

  void take(const std::byte* from, std::size_t n) {
    const auto kept = std::min(n, knobs_.cut_after);
    if (kept != 0) bytes_.insert(bytes_.end(), from, from + kept);
    if (knobs_.cut_after != static_cast<std::size_t>(-1)) {
      knobs_.cut_after -= kept;
      if (knobs_.cut_after == 0) ended_ = true;
    }
  }
  void set_alarm() {
    if (late_.empty()) return;
    alarm_->set(late_.front().when, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->arrive();
    });
  }
  void arrive() {
    const std::lock_guard lock(mutex_);
    while (!late_.empty() && late_.front().when <= knobs_.time->now()) {
      visible_ = std::min(visible_ + late_.front().count, bytes_.size());
      late_.pop_front();
    }
    set_alarm();
    wake_reader({});
  }
  void wake_reader(std::error_code error) {
    if (reading_)
      asio::post(reader_,
                 [observer = std::exchange(reading_, nullptr), error] { observer->on_readable(error); });
  }
  void wake_writer(std::error_code error) {
    if (writing_)
      asio::post(writer_,
                 [observer = std::exchange(writing_, nullptr), error] { observer->on_writable(error); });
  }

  std::mutex mutex_;
  memory_knobs knobs_;
  asio::any_io_executor reader_, writer_;
  std::vector<std::byte> bytes_;
  std::size_t at_ = 0;          // first byte not yet read
  std::size_t visible_ = 0;     // end of what may be read now
  std::list<late_bytes> late_;  // empty, it takes no memory
  std::unique_ptr<clock::alarm> alarm_;
  std::shared_ptr<carrier_observer> reading_, writing_;
  std::size_t operations_ = 0;
  bool ended_ = false;
  bool closed_ = false;
};

class memory_carrier final : public duplex_carrier {
 public:
  memory_carrier(asio::any_io_executor executor, std::shared_ptr<memory_pipe> in,
                 std::shared_ptr<memory_pipe> out)
      : executor_(std::move(executor)), in_(std::move(in)), out_(std::move(out)) {}
  ~memory_carrier() override { close(); }

  asio::any_io_executor executor() const noexcept override { return executor_; }
  std::size_t try_read_some(std::span<std::byte> into, std::error_code& error) noexcept override {
    return in_->read(into, error);
  }
  std::size_t try_write_some(std::span<const asio::const_buffer> from,
                             std::error_code& error) noexcept override {
    return out_->write(from, error);
  }
  void wait_readable(std::shared_ptr<carrier_observer> observer) override {
    in_->wait_readable(std::move(observer));
  }
  void wait_writable(std::shared_ptr<carrier_observer> observer) override {
    out_->wait_writable(std::move(observer));
  }
  bool rest() noexcept override {
    in_->rest();
    return false;
  }
  void shutdown_send() noexcept override { out_->end(); }
  void close() noexcept override {
    out_->end();
    out_->cancel_writer();
    in_->close();
  }
  std::string kind() const override { return "memory"; }
  std::string peer_address() const override { return "memory"; }
  std::string source() const override { return {}; }

 private:
  asio::any_io_executor executor_;
  std::shared_ptr<memory_pipe> in_, out_;
};

}  // namespace

std::pair<std::unique_ptr<duplex_carrier>, std::unique_ptr<duplex_carrier>> memory_pair(
    asio::any_io_executor first, asio::any_io_executor second, memory_knobs from_first,
    memory_knobs from_second) {
  auto forth = std::make_shared<memory_pipe>(std::move(from_first), second, first);
  auto back = std::make_shared<memory_pipe>(std::move(from_second), first, second);
  return {std::make_unique<memory_carrier>(first, back, forth),
          std::make_unique<memory_carrier>(second, forth, back)};
}

}  // namespace coseal
