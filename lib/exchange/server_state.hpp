#pragma once

#include "exchange/exchange_acceptor.hpp"
#include "http/message.hpp"
#include "http/server_options.hpp"

#include <coseal/exchange.hpp>

#include <map>
#include <memory>
#include <string>

namespace coseal {

/// What answers behind all ways in.
class exchange_server::state : public std::enable_shared_from_this<state> {
 public:
  /// Throws coseal::error (errc::invalid_option).
  state(endpoint self, exchange_handler handler, exchange_server_options options);

  /// One request that lib/http has screened.
  task<http::response> answer(http::request asked);
  /// What a server of ours holds its peers to.
  const http::server_options& http_options() const noexcept { return http_; }
  const std::shared_ptr<clock>& time() const noexcept { return time_; }

 private:
  task<http::response> answer_by_path(http::request asked);

  std::map<std::string, exchange_handler, std::less<>> plain_;
  http::server_options http_;
  std::shared_ptr<clock> time_;
  exchange_acceptor acceptor_;
};

}  // namespace coseal
