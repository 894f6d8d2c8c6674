#include "session/hosted_carrier.hpp"

#include <asio/error.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace coseal {

std::size_t hosted_link::receive(std::span<const std::byte> bytes) {
  const std::lock_guard lock(mutex_);
  if (closed_ || dropped_ || ended_) return bytes.size();
  const std::size_t n = std::min(bytes.size(), most_waiting - (bytes_.size() - at_));
  if (at_ != 0 && bytes_.size() + n > bytes_.capacity()) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
  }
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
  refused_some_ = n < bytes.size();
  if (n != 0) wake(reader_, &carrier_observer::on_readable);
  return n;
}

void hosted_link::can_send() {
  const std::lock_guard lock(mutex_);
  ++times_free_;
  full_ = false;
  wake(writer_, &carrier_observer::on_writable);
}

void hosted_link::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  wake(reader_, &carrier_observer::on_readable);
}

void hosted_link::drop() noexcept {
  const std::lock_guard none_runs(calling_);
  const std::lock_guard lock(mutex_);
  dropped_ = true;
  wake(reader_, &carrier_observer::on_readable);
  wake(writer_, &carrier_observer::on_writable);
}

std::size_t hosted_link::read(std::span<std::byte> into, std::error_code& error) {
  const std::lock_guard lock(mutex_);
  if (closed_) return error = asio::error::bad_descriptor, 0;
  const std::size_t n = std::min(into.size(), bytes_.size() - at_);
  if (n == 0) {
    if (ended_)
      error = asio::error::eof;
    else if (dropped_)
      error = asio::error::connection_reset;
    else
      error = asio::error::would_block;
    return 0;
  }
  std::memcpy(into.data(), bytes_.data() + at_, n);
  at_ += n;
  if (at_ == bytes_.size()) {
    bytes_ = {};
    at_ = 0;
  }
  if (refused_some_ && bytes_.size() - at_ <= most_waiting / 2) {
    refused_some_ = false;
    call_later(host_.on_room());
  }
  error.clear();
  return n;
}

std::size_t hosted_link::write(std::span<const asio::const_buffer> from, std::error_code& error) {
  std::vector<std::byte> joined;
  std::span<const std::byte> bytes;
  if (!from.empty()) bytes = {static_cast<const std::byte*>(from[0].data()), from[0].size()};
  if (from.size() > 1) {  // one message of the host's for all that leaves together
    joined.resize(std::min(asio::buffer_size(from), most_joined));
    asio::buffer_copy(asio::buffer(joined), from);
    bytes = joined;
  }
  const std::lock_guard one_at_a_time(calling_);
  std::size_t free_before = 0;
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || dropped_) return error = asio::error::broken_pipe, 0;
    if (full_) return error = asio::error::would_block, 0;
    free_before = times_free_;
  }
  const std::size_t n = std::min(host_.send()(bytes), bytes.size());
  const std::lock_guard lock(mutex_);
  if (n < bytes.size()) full_ = times_free_ == free_before;  // unless it said so in between
  error.clear();
  if (n == 0 && !bytes.empty()) error = asio::error::would_block;
  return n;
}

void hosted_link::wait_readable(std::shared_ptr<carrier_observer> observer) {
  const std::lock_guard lock(mutex_);
  reader_ = std::move(observer);
  if (closed_) return wake(reader_, &carrier_observer::on_readable, asio::error::operation_aborted);
  if (at_ != bytes_.size() || ended_ || dropped_) wake(reader_, &carrier_observer::on_readable);
}

void hosted_link::wait_writable(std::shared_ptr<carrier_observer> observer) {
  const std::lock_guard lock(mutex_);
  writer_ = std::move(observer);
  if (closed_) return wake(writer_, &carrier_observer::on_writable, asio::error::operation_aborted);
  if (!full_ || dropped_) wake(writer_, &carrier_observer::on_writable);
}

void hosted_link::shutdown_send() {
  const std::lock_guard lock(mutex_);
  if (closed_ || dropped_ || std::exchange(end_told_, true)) return;
  call_later(host_.on_end());
}

void hosted_link::close() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(closed_, true)) return;
  bytes_ = {};
  at_ = 0;
  wake(reader_, &carrier_observer::on_readable, asio::error::operation_aborted);
  wake(writer_, &carrier_observer::on_writable, asio::error::operation_aborted);
  if (!dropped_) call_later(host_.on_close());
}

/// Never at once: whoever closes may hold locks of ours or of the application's.
void hosted_link::call_later(const std::function<void()>& function) {
  if (!function) return;
  asio::post(executor_, [self = shared_from_this(), &function] {
    const std::lock_guard one_at_a_time(self->calling_);
    {
      const std::lock_guard lock(self->mutex_);
      if (self->dropped_) return;
    }
    function();
  });
}

void hosted_link::wake(std::shared_ptr<carrier_observer>& who,
                       void (carrier_observer::*how)(std::error_code) noexcept, std::error_code error) {
  if (!who) return;
  asio::post(executor_,
             [observer = std::exchange(who, nullptr), how, error] { (observer.get()->*how)(error); });
}

namespace {

class hosted_carrier final : public duplex_carrier {
 public:
  explicit hosted_carrier(std::shared_ptr<hosted_link> link) : link_(std::move(link)) {}
  ~hosted_carrier() override { link_->close(); }

  asio::any_io_executor executor() const noexcept override { return link_->executor(); }
  std::size_t try_read_some(std::span<std::byte> into, std::error_code& error) noexcept override {
    return link_->read(into, error);
  }
  std::size_t try_write_some(std::span<const asio::const_buffer> from,
                             std::error_code& error) noexcept override {
    return link_->write(from, error);
  }
  void wait_readable(std::shared_ptr<carrier_observer> observer) override {
    link_->wait_readable(std::move(observer));
  }
  void wait_writable(std::shared_ptr<carrier_observer> observer) override {
    link_->wait_writable(std::move(observer));
  }
  void shutdown_send() noexcept override { link_->shutdown_send(); }
  void close() noexcept override { link_->close(); }
  std::string kind() const override { return link_->host().kind(); }
  std::string peer_address() const override { return link_->host().peer_address(); }
  std::string source() const override { return link_->host().source(); }

 private:
  std::shared_ptr<hosted_link> link_;
};

}  // namespace

std::unique_ptr<duplex_carrier> carrier_of(std::shared_ptr<hosted_link> link) {
  return std::make_unique<hosted_carrier>(std::move(link));
}

}  // namespace coseal
