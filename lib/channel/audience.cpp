#include "channel/push_all.hpp"
#include "channel/server_core.hpp"
#include "channel/server_relay.hpp"

#include <coseal/audience.hpp>
#include <coseal/error.hpp>

namespace coseal {
std::vector<client_id> audience::clients() const {
  std::vector<client_id> all;
  if (const auto server = server_.lock())
    for (const auto& each : server->connections()) all.push_back(each->with()->id());
  return all;
}

std::size_t audience::size() const {
  return clients().size();
}

std::optional<push_counters> audience::counters(client_id of) const {
  const auto server = server_.lock();
  const auto client = server ? server->find(of) : nullptr;
  if (!client) return std::nullopt;
  return client->counters();
}

push_counters audience::counters() const {
  const auto server = server_.lock();
  return server ? server->counters() : push_counters();
}

bool audience::disconnect(client_id who) const {
  const auto server = server_.lock();
  const auto client = server ? server->find(who) : nullptr;
  if (client) client->abort();
  return client != nullptr;
}

std::optional<std::uint64_t> audience::position_of(std::type_index action) const {
  const auto server = server_.lock();
  if (!server) return std::nullopt;
  return server->settings()->contract.to_connector().position_of(action);
}

relay_counters audience::relayed() const {
  const auto server = server_.lock();
  const auto relay = server ? server->relay() : nullptr;
  return relay ? relay->counters() : relay_counters();
}

task<result<push_report>> audience::push_bytes(push_target to, std::uint64_t position, payload message,
                                               operation_options options) const {
  const bool to_all = std::holds_alternative<all_clients>(to);
  const bool is_local = std::holds_alternative<client_id>(to);
  if (is_local && std::get<client_id>(to) == client_id()) co_return errc::needs_duplex;  // it calls over HTTP
  const auto server = server_.lock();
  const auto relay = server && !is_local ? server->relay() : nullptr;
  auto clients = server ? server->meant(to) : std::vector<std::shared_ptr<server_connection>>();
  if (clients.empty() && !to_all && !relay) co_return call_errc::no_such_client;

  const std::size_t body = message.size();
  const auto encoded = push_message(position, message);
  auto report = co_await push_all(std::move(clients), encoded, body, std::move(options));
  if (!relay) co_return report;
  // Also if somebody here did not take it in time: those at other processes may.
  std::vector<std::byte> copy(encoded->end() - static_cast<std::ptrdiff_t>(body), encoded->end());
  const bool published = co_await relay->publish(std::move(to), position, std::move(copy));
  if (report) report->published = published;
  co_return report;
}

}  // namespace coseal
