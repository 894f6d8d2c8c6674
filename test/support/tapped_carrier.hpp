#pragma once

#include <coseal/carrier.hpp>

#include <asio/buffer.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace coseal::test {

/// What a tapped_carrier does to the bytes that its owner writes, and what it tells.
struct tap {
  std::size_t flip_at = static_cast<std::size_t>(-1);  ///< this byte of the stream is changed
  std::byte flip_with{0x01};
  std::shared_ptr<std::vector<std::byte>> written;  ///< everything that went through, after the change
  std::shared_ptr<std::atomic<std::size_t>> alive;  ///< counts the carriers that share it
  std::function<void(std::span<const asio::const_buffer>)> on_write;  ///< the buffers as they come
  std::function<void(std::span<const std::byte>)> on_read;            ///< what was read, where it lies
  std::string source;
};

/// A carrier with an ear, and a hand, on the line.
class tapped_carrier final : public duplex_carrier {
 public:
  tapped_carrier(std::unique_ptr<duplex_carrier> inner, tap what)
      : inner_(std::move(inner)), tap_(std::move(what)) {
    if (tap_.alive) ++*tap_.alive;
  }
  ~tapped_carrier() override {
    if (tap_.alive) --*tap_.alive;
  }

  asio::any_io_executor executor() const noexcept override { return inner_->executor(); }
  std::size_t try_read_some(std::span<std::byte> into, std::error_code& error) noexcept override {
    const std::size_t n = inner_->try_read_some(into, error);
    if (tap_.on_read && n != 0) tap_.on_read(into.first(n));
    return n;
  }
  std::size_t try_write_some(std::span<const asio::const_buffer> from,
                             std::error_code& error) noexcept override {
    if (tap_.on_write) tap_.on_write(from);
    if (!tap_.written && tap_.flip_at == static_cast<std::size_t>(-1))
      return inner_->try_write_some(from, error);
    std::vector<std::byte> copy(asio::buffer_size(from));
    asio::buffer_copy(asio::buffer(copy), from);
    if (tap_.flip_at >= passed_ && tap_.flip_at - passed_ < copy.size())
      copy[tap_.flip_at - passed_] ^= tap_.flip_with;
    const asio::const_buffer one(copy.data(), copy.size());
    const std::size_t n = inner_->try_write_some({&one, 1}, error);
    passed_ += n;
    if (tap_.written)
      tap_.written->insert(tap_.written->end(), copy.begin(), copy.begin() + static_cast<std::ptrdiff_t>(n));
    return n;
  }
  void wait_readable(std::shared_ptr<carrier_observer> observer) override {
    inner_->wait_readable(std::move(observer));
  }
  void wait_writable(std::shared_ptr<carrier_observer> observer) override {
    inner_->wait_writable(std::move(observer));
  }
  void shutdown_send() noexcept override { inner_->shutdown_send(); }
  void close() noexcept override { inner_->close(); }
  std::string kind() const override { return inner_->kind(); }
  std::string peer_address() const override { return inner_->peer_address(); }
  std::string source() const override { return tap_.source.empty() ? inner_->source() : tap_.source; }

 private:
  std::unique_ptr<duplex_carrier> inner_;
  tap tap_;
  std::size_t passed_ = 0;
};

}  // namespace coseal::test
