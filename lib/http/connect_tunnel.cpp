#include "http/connect_tunnel.hpp"

#include "http/error.hpp"
#include "http/head.hpp"
#include "http/head_writer.hpp"

#include <coseal/error.hpp>

#include <array>
#include <vector>

namespace coseal::http {
namespace {

constexpr int most_interim = 10;

}  // namespace

task<result<void>> connect_tunnel(carrier_io& proxy, std::string host_and_port, std::string authorization,
                                  clock::time_point deadline) {
  request_head request;
  request.method = "CONNECT";
  request.target = host_and_port;
  request.fields.emplace_back("Host", std::move(host_and_port));
  if (!authorization.empty()) request.fields.emplace_back("Proxy-Authorization", std::move(authorization));
  const auto text = write_request_head(request);
  if (!text) co_return text.error();
  const auto sent = co_await proxy.write_all(std::as_bytes(std::span(*text)), deadline);
  if (!sent) co_return sent.error();

  std::vector<std::byte> answer;
  const head_limits limits;
  for (int interim = 0; interim <= most_interim;) {
    const auto parsed = parse_response_head(answer, limits, "CONNECT");
    if (!parsed) co_return parsed.error();
    if (!*parsed) {
      std::array<std::byte, 2048> part;
      const auto n = co_await proxy.read_some(part, deadline);
      if (!n) co_return n.error();
      answer.insert(answer.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(*n));
      continue;
    }
    const response_head& head = (*parsed)->head;
    const std::size_t size = (*parsed)->size;
    if (head.status == 101) break;
    if (head.status >= 300) co_return coseal::errc::proxy_refused;
    if (head.status >= 200) {
      if (size != answer.size()) break;
      co_return result<void>();
    }
    answer.erase(answer.begin(), answer.begin() + static_cast<std::ptrdiff_t>(size));
    ++interim;
  }
  co_return errc::not_a_response;
}

}  // namespace coseal::http
