#include "channel/message_send.hpp"
#include "channel/server_core.hpp"

#include <coseal/audience.hpp>
#include <coseal/error.hpp>

namespace coseal {
namespace {

shared_message push_message(std::uint64_t position, const payload& body) {
  const auto head = message_head::push(position);
  auto message = std::make_shared<std::vector<std::byte>>(head.bytes().size() + body.size());
  std::copy(head.bytes().begin(), head.bytes().end(), message->begin());
  body.write_to(message->data() + head.bytes().size());
  return message;
}

/// To each of `clients`, waiting for those that are behind where the policy says so.
task<result<push_report>> push_all(std::vector<std::shared_ptr<server_connection>> clients,
                                   shared_message message, std::size_t body, operation_options options) {
  push_report report;
  report.clients = clients.size();
  std::vector<std::shared_ptr<server_connection>> behind;
  for (auto& each : clients)
    if (!each->try_push(message, body, report)) behind.push_back(std::move(each));
  for (const auto& each : behind) {
    const wait_bounds bounds(options, each->time());
    while (!each->try_push(message, body, report))
      if (const auto room = co_await each->wait_for_push_room(bounds); !room) co_return room.error();
  }
  co_return report;
}

}  // namespace

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

task<result<push_report>> audience::push_bytes(client_id to, std::uint64_t position, payload message,
                                               operation_options options) const {
  if (to == client_id()) co_return errc::needs_duplex;
  const auto server = server_.lock();
  const auto client = server ? server->find(to) : nullptr;
  if (!client) co_return call_errc::no_such_client;
  std::vector<std::shared_ptr<server_connection>> one(1, client);
  co_return co_await push_all(std::move(one), push_message(position, message), message.size(),
                              std::move(options));
}

task<result<push_report>> audience::broadcast_bytes(std::uint64_t position, payload message,
                                                    operation_options options) const {
  const auto server = server_.lock();
  if (!server) co_return push_report();
  co_return co_await push_all(server->connections(), push_message(position, message), message.size(),
                              std::move(options));
}

}  // namespace coseal
