#include "websocket/url.hpp"

#include <coseal/error.hpp>

#include <algorithm>

namespace coseal::websocket {
namespace {

constexpr std::string_view scheme = "ws://";
constexpr std::uint16_t default_port = 80;

bool is_target_character(char c) noexcept {
  return c > ' ' && c < 0x7f && c != '#';
}

}  // namespace

result<url> url::parse(std::string_view text) {
  if (!text.starts_with(scheme)) return errc::invalid_address;
  text.remove_prefix(scheme.size());
  const auto end = std::min(text.find_first_of("/?"), text.size());
  const std::string_view authority = text.substr(0, end), target = text.substr(end);
  if (authority.find('@') != std::string_view::npos || !std::ranges::all_of(target, is_target_character))
    return errc::invalid_address;
  const bool has_port = authority.rfind(':') != std::string_view::npos && !authority.ends_with(']');
  auto where = host_and_port::parse(has_port ? std::string(authority)
                                             : std::string(authority) + ":" + std::to_string(default_port));
  if (!where) return where.error();
  url parsed;
  parsed.where = *std::move(where);
  const bool v6 = parsed.where.host.find(':') != std::string::npos;
  parsed.host = v6 ? "[" + parsed.where.host + "]" : parsed.where.host;
  if (parsed.where.port != default_port) parsed.host += ":" + std::to_string(parsed.where.port);
  parsed.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  return parsed;
}

}  // namespace coseal::websocket
