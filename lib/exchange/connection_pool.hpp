#pragma once

#include "http/exchange.hpp"

#include <coseal/carrier.hpp>
#include <coseal/clock.hpp>
#include <coseal/exchange.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace coseal {

/// What became of one POST.
struct posted {
  posted() {}
  posted(std::error_code why, bool sent, unsigned answered = 0) : error(why), left(sent), status(answered) {}
  explicit posted(std::vector<std::byte> answer) : body(std::move(answer)), left(true) {}

  std::vector<std::byte> body;
  std::error_code error;
  bool left = false;         ///< some of it may have reached a server
  bool left_before = false;  ///< of an earlier transmission of the same bytes
  unsigned status = 0;       ///< of errc::http_status
};

/// POSTs to one target over connections that are kept for the next one. All calls on `executor`.
class connection_pool {
 public:
  connection_pool(asio::any_io_executor executor, http_target where, std::shared_ptr<clock> time,
                  std::size_t most_idle, std::uint64_t most_answer);

  /// Asks once, or a second time with the same bytes where a kept connection turns out to be dead. Errors:
  /// those of the transport, of HTTP, errc::http_status, timed_out, cancelled. This object, the bytes
  /// and `traceparent`, a field if it is not empty, outlive it.
  task<posted> post(std::span<const std::byte> body, std::string content_type, clock::time_point deadline,
                    std::stop_token token, const std::string& traceparent = {});
  /// One more connection, kept for a post.
  task<result<void>> open(operation_options limits);
  void close() noexcept;
  const http_target& where() const noexcept { return where_; }

 private:
  struct idle_connection {
    std::unique_ptr<duplex_carrier> carrier;
    clock::time_point since;
  };
  std::unique_ptr<duplex_carrier> take_idle();
  void keep(std::unique_ptr<duplex_carrier> carrier);

  asio::any_io_executor executor_;
  http_target where_;
  std::shared_ptr<clock> time_;
  std::size_t most_idle_;
  std::uint64_t most_answer_;
  std::vector<idle_connection> idle_;
};

}  // namespace coseal
