#pragma once

#include <coseal/asio.hpp>
#include <coseal/carrier.hpp>
#include <coseal/clock.hpp>
#include <coseal/result.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>
#include <utility>

namespace coseal {

/// Reads and writes of one coroutine on a carrier, as plain awaits: what happens before a session exists, and
/// the HTTP side. Used on the carrier's executor, one operation at a time; carrier and clock outlive it.
/// Errors: asio::error::eof, errc::timed_out, errc::cancelled, what the carrier fails with. After an error a
/// wait may still be pending on the carrier, which is then good for nothing but being closed.
class carrier_io {
 public:
  carrier_io(duplex_carrier& carrier, clock& time, std::stop_token token = {})
      : carrier_(&carrier), time_(&time), token_(std::move(token)) {}

  /// Waits for bytes; at least one.
  task<result<std::size_t>> read_some(std::span<std::byte> into,
                                      clock::time_point deadline = clock::time_point::max());
  task<result<void>> write_all(std::span<const std::byte> bytes,
                               clock::time_point deadline = clock::time_point::max());

  duplex_carrier& carrier() const noexcept { return *carrier_; }
  clock& time() const noexcept { return *time_; }

 private:
  enum class direction { read, write };
  task<result<void>> wait(direction what, clock::time_point deadline);

  duplex_carrier* carrier_;
  clock* time_;
  std::stop_token token_;
  std::unique_ptr<clock::alarm> alarm_;
};

}  // namespace coseal
