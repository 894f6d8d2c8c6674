#pragma once

#include <coseal/asio.hpp>
#include <coseal/http.hpp>
#include <coseal/transport.hpp>

#include <memory>
#include <string>
#include <vector>

namespace coseal {

/// Serves HTTP/1.1 without any security on a socket of its own: for metrics_handler() and the like. Requests
/// of other origins' pages are refused. All calls on `executor`, which runs on one thread or is a strand.
class http_listener {
 public:
  /// Binds at once: listen_tcp, listen_unix, or TLS around one. `hosts` are the exact values of Host that are
  /// answered; empty: all, so that a page may reach it under a name of its own (DNS rebinding). Throws
  /// coseal::error.
  http_listener(asio::any_io_executor executor, http_handler answers, listen_address where,
                std::vector<std::string> hosts = {});

  /// Ends when drain() was called and the last answer is out.
  task<void> serve();
  /// Accepts no more, closes what is idle, lets finish what is being answered.
  void drain() noexcept;
  /// Where it listens, with the port that the system chose: "tcp://127.0.0.1:40123".
  std::string address() const;

  class state;

 private:
  std::shared_ptr<state> state_;
};

}  // namespace coseal
