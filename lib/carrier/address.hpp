#pragma once

#include <coseal/result.hpp>

#include <asio/ip/address.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace coseal {

/// "host:port" or "[v6]:port".
struct host_and_port {
  std::string host;
  std::uint16_t port = 0;

  static result<host_and_port> parse(std::string_view text);
};

/// False for what can not be the path of a Unix socket.
bool is_socket_path(std::string_view path) noexcept;
/// "127.0.0.1:9000", "[::1]:9000".
std::string to_text(const asio::ip::address& address, std::uint16_t port);
/// What limits by source count: an IPv4 address, the /64 of an IPv6 one.
std::string source_of(const asio::ip::address& address);

}  // namespace coseal
