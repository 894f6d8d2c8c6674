#pragma once

#include "http/message_stream.hpp"
#include "http/server_options.hpp"

#include <coseal/carrier.hpp>
#include <coseal/clock.hpp>

#include <cstddef>
#include <memory>
#include <system_error>
#include <vector>

namespace coseal::http {

/// One connection of a server: its requests are answered in their order, pipelined or not. All calls on the
/// carrier's executor.
class server_connection : public std::enable_shared_from_this<server_connection> {
 public:
  server_connection(std::unique_ptr<duplex_carrier> carrier, std::shared_ptr<clock> time,
                    std::shared_ptr<const handler> answers, std::shared_ptr<const server_options> options);

  /// Answers until the peer or an error ends it; what is malformed hears why, then the end.
  task<void> serve();
  /// Says that error to a peer that is not served at all.
  task<void> turn_away(std::error_code why);
  /// No further request: ends at once if none is being read or answered, else after its answer.
  void drain() noexcept;

 private:
  enum class afterwards { next_request, part, close };

  task<afterwards> serve_one();
  task<result<std::vector<std::byte>>> read_request(request_head& head);
  task<afterwards> refuse(const request_head& asked, std::error_code why);
  task<afterwards> answer(const request_head& asked, response what);
  task<response> handle(request asked);
  task<void> part();

  std::unique_ptr<duplex_carrier> carrier_;
  std::shared_ptr<clock> time_;
  std::shared_ptr<const handler> answers_;
  std::shared_ptr<const server_options> options_;
  message_stream stream_;
  std::size_t served_ = 0;
  bool idle_ = false;
  bool draining_ = false;
};

/// Serves one carrier, which may be any stream.
task<void> serve_connection(std::unique_ptr<duplex_carrier> carrier, std::shared_ptr<clock> time,
                            handler answers, server_options options);

}  // namespace coseal::http
