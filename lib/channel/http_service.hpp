#pragma once
// Calls over HTTP at the acceptor: one request, one message in, one message out. No connection lasts, so each
// call stands for itself, on a strand of its own.

#include "channel/exchanged_call.hpp"
#include "channel/plain_calls.hpp"
#include "channel/server_settings.hpp"
#include "http/message.hpp"

#include <coseal/exchange.hpp>
#include <coseal/http.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

namespace coseal {

/// Made by std::make_shared. Calls may come from any thread.
class http_service : public std::enable_shared_from_this<http_service> {
 public:
  /// `idle` is called, from anywhere and without locks, whenever no call runs any more. Throws coseal::error.
  http_service(asio::any_io_executor executor, std::shared_ptr<const server_settings> settings,
               std::function<void()> idle);

  /// What answers requests that a place to listen has screened.
  http_handler answers();
  /// One request that somebody else's server has read.
  static task<http_response> fetch(std::shared_ptr<http_service> self, http_request asked);

  void join(audience around) { audience_ = std::move(around); }
  /// From now on calls are told that they did not run.
  void drain() noexcept;
  /// The same, and handlers that run are cancelled.
  void stop() noexcept;
  std::size_t calls() const;

 private:
  static task<http_response> answer_public(std::weak_ptr<http_service> of, http_request asked);
  static task<http::response> answer(std::shared_ptr<http_service> self, http::request asked);
  /// Nothing for what is no plain call: it may be a secure one.
  static task<std::optional<http::response>> answer_plain(std::shared_ptr<http_service> self,
                                                          const http::request& asked);
  task<bool> admits_plain(std::string source);
  task<std::vector<std::byte>> answer_exchange(exchange_request asked);
  task<std::vector<std::byte>> run(std::shared_ptr<coseal::peer> from, std::vector<std::byte> asked,
                                   clock::time_point deadline);
  task<void> handle(std::shared_ptr<exchanged_call> call, const handler& by);
  bool enter(const std::shared_ptr<exchanged_call>& call);
  void leave(const std::shared_ptr<exchanged_call>& call) noexcept;

  const asio::any_io_executor executor_;
  const std::shared_ptr<const server_settings> settings_;
  const std::function<void()> idle_;
  audience audience_;
  std::optional<exchange_server> exchange_;
  std::optional<plain_calls> plain_;  // where plain HTTP was turned on
  mutable std::mutex mutex_;
  std::set<std::shared_ptr<exchanged_call>> running_;
  bool draining_ = false;
};

}  // namespace coseal
