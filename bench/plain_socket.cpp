#include "plain_socket.hpp"

#include "sockets.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

namespace coseal::bench {

std::pair<plain_socket, plain_socket> plain_pair(asio::io_context& first, asio::io_context& second,
                                                 carrier_kind carrier, const std::string& congestion) {
  auto [a, b] = connected_pair(carrier, congestion);
  const auto protocol = carrier == carrier_kind::unix_socket
                            ? asio::generic::stream_protocol(AF_UNIX, 0)
                            : asio::generic::stream_protocol(AF_INET, IPPROTO_TCP);
  return {plain_socket(first, protocol, a.release()), plain_socket(second, protocol, b.release())};
}

}  // namespace coseal::bench
