#pragma once

#include <coseal/carrier.hpp>
#include <coseal/hosted.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace coseal {

/// What a host and a session share of one connection. The host's functions are called without the mutex that
/// guards the rest, but under one of their own, so that none runs once drop() has returned.
class hosted_link : public std::enable_shared_from_this<hosted_link> {
 public:
  hosted_link(asio::any_io_executor executor, hosted_connection host)
      : executor_(std::move(executor)), host_(std::move(host)) {}

  // The host's side.
  std::size_t receive(std::span<const std::byte> bytes);
  void can_send();
  void end();
  void drop() noexcept;

  // The session's.
  std::size_t read(std::span<std::byte> into, std::error_code& error);
  std::size_t write(std::span<const asio::const_buffer> from, std::error_code& error);
  void wait_readable(std::shared_ptr<carrier_observer> observer);
  void wait_writable(std::shared_ptr<carrier_observer> observer);
  void shutdown_send();
  void close();

  const asio::any_io_executor& executor() const noexcept { return executor_; }
  const hosted_connection& host() const noexcept { return host_; }

 private:
  static constexpr std::size_t most_waiting = 256 * 1024;  // of the peer's bytes, as much as a read takes
  static constexpr std::size_t most_joined = 64 * 1024;    // of ours, for one call of the host

  void call_later(const std::function<void()>& function);
  void wake(std::shared_ptr<carrier_observer>& who, void (carrier_observer::*how)(std::error_code) noexcept,
            std::error_code error = {});

  const asio::any_io_executor executor_;
  const hosted_connection host_;

  std::recursive_mutex calling_;  // held while a function of the host's runs; it may call back

  std::mutex mutex_;
  std::vector<std::byte> bytes_;  // of the peer's, from at_ on
  std::size_t at_ = 0;
  bool refused_some_ = false;  // the host waits for on_room
  bool full_ = false;          // the host takes no more until can_send
  std::size_t times_free_ = 0;
  bool ended_ = false;  // by the peer
  bool end_told_ = false;
  bool closed_ = false;   // by us
  bool dropped_ = false;  // by the host
  std::shared_ptr<carrier_observer> reader_, writer_;
};

/// The session's end of it.
std::unique_ptr<duplex_carrier> carrier_of(std::shared_ptr<hosted_link> link);

}  // namespace coseal
