#include "channel/push_all.hpp"

#include "channel/message_send.hpp"

#include <algorithm>
#include <utility>

namespace coseal {

shared_message push_message(std::uint64_t position, const payload& body) {
  const auto head = message_head::push(position);
  auto message = std::make_shared<std::vector<std::byte>>(head.bytes().size() + body.size());
  std::copy(head.bytes().begin(), head.bytes().end(), message->begin());
  body.write_to(message->data() + head.bytes().size());
  return message;
}

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

}  // namespace coseal
