#include "carrier/address.hpp"

#include <coseal/error.hpp>

#include <asio/ip/address_v6.hpp>

#include <charconv>
#include <sys/un.h>

namespace coseal {

result<host_and_port> host_and_port::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return errc::invalid_address;
  auto host = text.substr(0, colon);
  const auto digits = text.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return errc::invalid_address;  // an IPv6 address wants brackets, or its end would be the port
  }
  host_and_port out;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.empty() || host.empty())
    return errc::invalid_address;
  out.host = host;
  return out;
}

std::string to_text(const asio::ip::address& address, std::uint16_t port) {
  const auto host = address.to_string();
  return (address.is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string source_of(const asio::ip::address& address) {
  if (address.is_v4()) return address.to_string();
  auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string();
  auto bytes = v6.to_bytes();
  for (std::size_t i = 8; i < bytes.size(); ++i) bytes[i] = 0;
  return asio::ip::address_v6(bytes).to_string() + "/64";
}

bool is_socket_path(std::string_view path) noexcept {
  constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  return !path.empty() && path.size() <= longest && path.find('\0') == std::string_view::npos;
}

}  // namespace coseal
