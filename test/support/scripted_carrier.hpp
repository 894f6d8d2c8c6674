#pragma once

#include <coseal/carrier.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace coseal::test {

/// A carrier that only reads: fixed bytes, cut as a script says, then the peer's end.
class scripted_carrier final : public duplex_carrier {
 public:
  /// `next_cut` is asked before each read how many bytes it may give at most; 0: it would block.
  scripted_carrier(std::vector<std::byte> wire, std::function<std::size_t()> next_cut)
      : bytes_(std::move(wire)), next_cut_(std::move(next_cut)) {}

  std::size_t try_read_some(std::span<std::byte> into, std::error_code& error) noexcept override {
    if (at_ == bytes_.size()) return error = asio::error::eof, 0;
    const std::size_t n = std::min({into.size(), bytes_.size() - at_, next_cut_()});
    if (n == 0) return error = asio::error::would_block, 0;
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), n, into.begin());
    at_ += n;
    error.clear();
    return n;
  }
  std::size_t left() const noexcept { return bytes_.size() - at_; }

  asio::any_io_executor executor() const noexcept override { return {}; }
  std::size_t try_write_some(std::span<const asio::const_buffer>, std::error_code& error) noexcept override {
    return error = asio::error::broken_pipe, 0;
  }
  void wait_readable(std::shared_ptr<carrier_observer>) override {}
  void wait_writable(std::shared_ptr<carrier_observer>) override {}
  void shutdown_send() noexcept override {}
  void close() noexcept override {}
  std::string kind() const override { return "script"; }
  std::string peer_address() const override { return {}; }
  std::string source() const override { return {}; }

 private:
  std::vector<std::byte> bytes_;
  std::function<std::size_t()> next_cut_;
  std::size_t at_ = 0;
};

}  // namespace coseal::test
