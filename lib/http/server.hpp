#pragma once

#include "http/server_connection.hpp"
#include "http/server_options.hpp"

#include <coseal/clock.hpp>
#include <coseal/transport.hpp>

#include <asio/steady_timer.hpp>

#include <memory>
#include <set>
#include <string>

namespace coseal::http {

/// Accepts connections and serves them; made by std::make_shared. All calls on `executor`, which is a strand
/// or runs on one thread.
class server : public std::enable_shared_from_this<server> {
 public:
  server(asio::any_io_executor executor, std::unique_ptr<acceptor> accepts, handler answers,
         server_options options, std::shared_ptr<clock> time = steady_clock());

  /// One that accepts nothing by itself: connections come by take().
  server(asio::any_io_executor executor, handler answers, server_options options,
         std::shared_ptr<clock> time = steady_clock());

  /// Ends when drain() was called and the last connection is gone.
  task<void> serve();
  /// Serves one connection that somebody else has accepted, by `answers` if it is there, else as all others.
  void take(std::unique_ptr<duplex_carrier> carrier, handler answers = {});
  /// Accepts no more, closes what is idle, lets finish what is being answered.
  void drain() noexcept;
  std::string address() const { return accepts_->address(); }

 private:
  asio::any_io_executor executor_;
  std::unique_ptr<acceptor> accepts_;  // may be null
  std::shared_ptr<const handler> answers_;
  std::shared_ptr<const server_options> options_;
  std::shared_ptr<clock> time_;
  std::set<std::shared_ptr<server_connection>> connections_;
  asio::steady_timer one_gone_;  // cancelled whenever a connection ended
  bool draining_ = false;
};

}  // namespace coseal::http
