#pragma once

#include "carrier/carrier_io.hpp"
#include "http/body_reader.hpp"
#include "http/message.hpp"
#include "http/pace.hpp"

#include <coseal/result.hpp>

#include <cstddef>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace coseal::http {

/// The messages in the bytes of a carrier, one after the other. Used by one coroutine; carrier and clock
/// outlive it. Errors: http::errc; too_slow when a deadline passed; asio::error::eof before the first byte of
/// a message; what the carrier fails with. After too_slow nothing more can be read.
class message_stream {
 public:
  message_stream(duplex_carrier& carrier, clock& time, const head_limits& limits, std::stop_token token = {})
      : io_(carrier, time, std::move(token)), limits_(limits) {}

  /// Whether bytes that nobody asked for yet are here.
  bool has_bytes() const noexcept { return begin_ != end_; }
  /// Waits until has_bytes().
  task<result<void>> wait_for_bytes(clock::time_point deadline);

  task<result<request_head>> read_request(clock::time_point deadline);
  task<result<response_head>> read_response(std::string request_method, clock::time_point deadline);
  task<result<std::vector<std::byte>>> read_body(body_framing framing, body_limits limits, pace allowed);
  /// Reads on and forgets what it reads, until the peer ends, the deadline passes or `most` bytes came.
  task<void> drop_bytes(std::size_t most, clock::time_point deadline);

  /// `head`, then `body`: both live until it is done.
  task<result<void>> write(std::span<const std::byte> head, std::span<const std::byte> body, pace allowed);

  duplex_carrier& carrier() const noexcept { return io_.carrier(); }
  clock& time() const noexcept { return io_.time(); }

 private:
  template <typename Head>
  task<result<Head>> read_head(std::string request_method, clock::time_point deadline);
  task<result<void>> fill(clock::time_point deadline);
  std::span<const std::byte> unread() const noexcept;
  void took(std::size_t n) noexcept;

  carrier_io io_;
  head_limits limits_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // of what was read and not taken
};

}  // namespace coseal::http
