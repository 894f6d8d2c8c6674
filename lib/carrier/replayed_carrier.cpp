#include "carrier/replayed_carrier.hpp"

#include <asio/post.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace coseal {
namespace {

class replayed_carrier final : public duplex_carrier {
 public:
  replayed_carrier(std::unique_ptr<duplex_carrier> stream, std::vector<std::byte> first,
                   std::shared_ptr<void> kept)
      : kept_(std::move(kept)), stream_(std::move(stream)), first_(std::move(first)) {}

  asio::any_io_executor executor() const noexcept override { return stream_->executor(); }

  std::size_t try_read_some(std::span<std::byte> into, std::error_code& error) noexcept override {
    if (first_.empty()) return stream_->try_read_some(into, error);
    const std::size_t n = std::min(into.size(), first_.size() - at_);
    std::memcpy(into.data(), first_.data() + at_, n);
    at_ += n;
    if (at_ == first_.size()) first_ = {};
    error.clear();
    return n;
  }
  std::size_t try_write_some(std::span<const asio::const_buffer> from,
                             std::error_code& error) noexcept override {
    return stream_->try_write_some(from, error);
  }
  void wait_readable(std::shared_ptr<carrier_observer> observer) override {
    if (first_.empty()) return stream_->wait_readable(std::move(observer));
    asio::post(stream_->executor(), [observer = std::move(observer)] { observer->on_readable({}); });
  }
  bool rest() noexcept override { return first_.empty() && stream_->rest(); }
  void wait_readable_at_rest(std::shared_ptr<carrier_observer> observer) override {
    if (!first_.empty()) return wait_readable(std::move(observer));
    stream_->wait_readable_at_rest(std::move(observer));
  }
  void wait_writable(std::shared_ptr<carrier_observer> observer) override {
    stream_->wait_writable(std::move(observer));
  }
  void shutdown_send() noexcept override { stream_->shutdown_send(); }
  void close() noexcept override { stream_->close(); }
  std::string kind() const override { return stream_->kind(); }
  std::string peer_address() const override { return stream_->peer_address(); }
  std::string source() const override { return stream_->source(); }

 private:
  std::shared_ptr<void> kept_;
  std::unique_ptr<duplex_carrier> stream_;
  std::vector<std::byte> first_;  // the reader's
  std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<duplex_carrier> replayed(std::unique_ptr<duplex_carrier> stream, std::vector<std::byte> first,
                                         std::shared_ptr<void> kept) {
  return std::make_unique<replayed_carrier>(std::move(stream), std::move(first), std::move(kept));
}

}  // namespace coseal
