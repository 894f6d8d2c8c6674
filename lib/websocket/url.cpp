#include "websocket/url.hpp"

#include <coseal/error.hpp>

#include <algorithm>

namespace coseal::websocket {
namespace {

constexpr std::string_view plain_scheme = "ws://", secure_scheme = "wss://";

bool is_target_character(char c) noexcept {
  return c > ' ' && c < 0x7f && c != '#';
}

}  // namespace

std::string url::address() const {
  const bool v6 = where.host.find(':') != std::string::npos;
  return (v6 ? "[" + where.host + "]" : where.host) + ":" + std::to_string(where.port);
}

result<url> url::parse(std::string_view text) {
  url parsed;
  parsed.secure = text.starts_with(secure_scheme);
  if (!parsed.secure && !text.starts_with(plain_scheme)) return errc::invalid_address;
  text.remove_prefix((parsed.secure ? secure_scheme : plain_scheme).size());
  const std::uint16_t default_port = parsed.secure ? 443 : 80;
  const auto end = std::min(text.find_first_of("/?"), text.size());
  const std::string_view authority = text.substr(0, end), target = text.substr(end);
  if (authority.find('@') != std::string_view::npos || !std::ranges::all_of(target, is_target_character))
    return errc::invalid_address;
  const bool has_port = authority.rfind(':') != std::string_view::npos && !authority.ends_with(']');
  auto where = host_and_port::parse(has_port ? std::string(authority)
                                             : std::string(authority) + ":" + std::to_string(default_port));
  if (!where) return where.error();
  parsed.where = *std::move(where);
  const bool v6 = parsed.where.host.find(':') != std::string::npos;
  parsed.host = v6 ? "[" + parsed.where.host + "]" : parsed.where.host;
  if (parsed.where.port != default_port) parsed.host += ":" + std::to_string(parsed.where.port);
  parsed.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  return parsed;
}

}  // namespace coseal::websocket
