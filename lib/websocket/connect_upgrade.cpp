#include "websocket/connect_upgrade.hpp"

#include "http/head_writer.hpp"

#include <array>

namespace coseal::websocket {

task<result<std::vector<std::byte>>> connect_upgrade(carrier_io& stream, std::string host, std::string target,
                                                     std::string subprotocol, std::string origin,
                                                     clock::time_point deadline) {
  const std::string key = new_key();
  const auto request =
      http::write_request_head(upgrade_request(std::move(host), std::move(target), key, subprotocol, origin));
  if (!request) co_return request.error();
  const auto sent = co_await stream.write_all(std::as_bytes(std::span(*request)), deadline);
  if (!sent) co_return sent.error();

  std::vector<std::byte> answer;
  const http::head_limits limits;
  for (;;) {
    std::array<std::byte, 2048> part;
    const auto n = co_await stream.read_some(part, deadline);
    if (!n) co_return n.error();
    answer.insert(answer.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(*n));
    const auto parsed = http::parse_response_head(answer, limits, "GET");
    if (!parsed) co_return parsed.error();
    if (!*parsed) continue;
    if (const auto wrong = check_upgrade((*parsed)->head, key, subprotocol)) co_return wrong;
    answer.erase(answer.begin(), answer.begin() + static_cast<std::ptrdiff_t>((*parsed)->size));
    co_return answer;
  }
}

}  // namespace coseal::websocket
