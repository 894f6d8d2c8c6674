#include "exchange/connection_pool.hpp"

#include <coseal/error.hpp>
#include <coseal/exchange.hpp>

#include <string>
#include <utility>

namespace coseal {
namespace {

/// Nothing tells a server that it has seen a request before, so none is sent a second time because a kept
/// connection turned out to be dead.
constexpr std::size_t no_idle_connections = 0;

}  // namespace

class plain_exchange_client::state {
 public:
  state(asio::any_io_executor executor, http_target where, const exchange_connect_options& options)
      : time(options.time()),
        pool(std::move(executor), std::move(where), time, no_idle_connections, options.max_answer()) {}

  std::shared_ptr<clock> time;
  connection_pool pool;
};

plain_exchange_client::plain_exchange_client(asio::any_io_executor executor, http_target where,
                                             security_level minimum_level, exchange_connect_options options) {
  if (minimum_level != security_level::none)
    throw error(errc::invalid_option,
                "plain HTTP is level none: it needs security_level::none beside the target");
  state_ = std::make_shared<state>(std::move(executor), std::move(where), options);
}

task<exchange_reply> plain_exchange_client::call(std::vector<std::byte> json, exchange_call_options options) {
  const auto alive = state_;
  const auto deadline = alive->time->now() + options.within();
  const std::string traceparent = options.trace() ? options.trace()->traceparent() : std::string();
  auto answer = co_await alive->pool.post(json, "application/json", deadline, options.token(), traceparent);
  exchange_reply reply;
  if (!answer.error) {
    reply.outcome = exchange_outcome::answered;
    reply.body = std::move(answer.body);
    co_return reply;
  }
  reply.outcome = answer.left ? exchange_outcome::unknown : exchange_outcome::not_sent;
  reply.error = answer.error;
  reply.explanation = "calling " + alive->pool.where().url() + " without security: " + answer.error.message();
  if (answer.status != 0) reply.explanation += " (status " + std::to_string(answer.status) + ")";
  co_return reply;
}

}  // namespace coseal
