#pragma once

#include <coseal/asio.hpp>
#include <coseal/clock.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace coseal {

/// Told when a carrier can go on. Called from the carrier's executor, never from within wait_readable or
/// wait_writable.
class carrier_observer {
 public:
  virtual void on_readable(std::error_code error) noexcept = 0;
  virtual void on_writable(std::error_code error) noexcept = 0;

 protected:
  ~carrier_observer() = default;
};

/// How bytes move in both directions: try first, wait only when it would block. A carrier knows no security.
/// At most one try_read_some and one try_write_some run at a time, possibly on different threads; all other
/// calls are serialised by the caller, and close() may come while a try runs. No wait for a direction begins
/// while a try of that direction runs; while one waits, its tries say would_block.
class duplex_carrier {
 public:
  virtual ~duplex_carrier() = default;

  virtual asio::any_io_executor executor() const noexcept = 0;
  /// Bytes read; 0 with asio::error::would_block, asio::error::eof at the peer's end, or a failure.
  virtual std::size_t try_read_some(std::span<std::byte> into, std::error_code& error) noexcept = 0;
  /// Bytes written of the concatenated buffers; 0 with asio::error::would_block or a failure. At most 1,000
  /// buffers.
  virtual std::size_t try_write_some(std::span<const asio::const_buffer> from,
                                     std::error_code& error) noexcept = 0;
  /// One wait a direction at a time; ends with on_readable or on_writable, by close() with operation_aborted.
  virtual void wait_readable(std::shared_ptr<carrier_observer> observer) = 0;
  virtual void wait_writable(std::shared_ptr<carrier_observer> observer) = 0;
  /// For who may have to wait for long: true if the wait that is under way ends soon, with operation_aborted
  /// if no bytes come before, so that wait_readable_at_rest can take its place; false if nothing is saved by
  /// that.
  virtual bool rest() noexcept { return false; }
  /// Waits as wait_readable does, with as little memory as is possible.
  virtual void wait_readable_at_rest(std::shared_ptr<carrier_observer> observer) {
    wait_readable(std::move(observer));
  }
  /// No more bytes will be written.
  virtual void shutdown_send() noexcept = 0;
  /// Ends both directions and all waits; descriptors go with the destructor.
  virtual void close() noexcept = 0;

  /// "tcp", "unix", "tls", "ws", "wss", "memory".
  virtual std::string kind() const = 0;
  /// The peer's address, for people.
  virtual std::string peer_address() const = 0;
  /// What limits by source count: an IPv4 address, an IPv6 /64; empty where there is no such thing.
  virtual std::string source() const = 0;
};

/// What memory_pair does to the bytes of one direction; for tests.
struct memory_knobs {
  // No aggregate: as a default argument in a co_await expression g++ 12 would destroy it twice.
  memory_knobs() {}

  std::size_t capacity = 256 * 1024;                     ///< bytes in flight before writes would block
  std::size_t largest_read = 0;                          ///< 0: no limit; 1: byte by byte
  std::size_t largest_write = 0;                         ///< 0: no limit
  std::size_t cut_after = static_cast<std::size_t>(-1);  ///< the direction ends (eof) after so many bytes
  std::size_t fail_at_operation =
      static_cast<std::size_t>(-1);  ///< the n-th try (0 = first) of either kind fails
  clock::duration delay{0};          ///< each write becomes readable after this time of `time`
  std::shared_ptr<clock> time;       ///< needed for a delay
};

/// Two carriers in one process, joined; knobs of the direction away from each.
std::pair<std::unique_ptr<duplex_carrier>, std::unique_ptr<duplex_carrier>> memory_pair(
    asio::any_io_executor first, asio::any_io_executor second, memory_knobs from_first = {},
    memory_knobs from_second = {});

}  // namespace coseal
