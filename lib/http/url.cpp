#include "http/url.hpp"

#include "http/error.hpp"
#include "http/fields.hpp"

#include <algorithm>
#include <charconv>

namespace coseal::http {
namespace {

constexpr std::string_view plain_scheme = "http://", secure_scheme = "https://";

bool is_port(std::string_view text) noexcept {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

/// A name or IPv4 address, or an IPv6 address in brackets.
bool is_host(std::string_view text) noexcept {
  const bool brackets = text.size() > 2 && text.front() == '[' && text.back() == ']';
  if (brackets) text = text.substr(1, text.size() - 2);
  return !text.empty() && std::ranges::all_of(text, [brackets](char c) {
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return alphanumeric || c == '.' || c == '-' || c == '_' || (brackets && (c == ':' || c == '%'));
  });
}

}  // namespace

result<url> parse_url(std::string_view text) {
  const auto begins_with = [text](std::string_view scheme) {
    return equal_without_case(text.substr(0, scheme.size()), scheme);
  };
  const bool secure = begins_with(secure_scheme);
  if (!secure && !begins_with(plain_scheme)) return errc::bad_url;
  text.remove_prefix((secure ? secure_scheme : plain_scheme).size());
  const std::string_view known_port = secure ? "443" : "80";
  text = text.substr(0, text.find('#'));
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  const std::string_view authority = text.substr(0, end), rest = text.substr(end);

  const std::size_t after_brackets = authority.starts_with('[') ? authority.find(']') : 0;
  if (after_brackets == std::string_view::npos) return errc::bad_url;
  const std::size_t colon = std::min(authority.find(':', after_brackets), authority.size());
  const std::string_view host = authority.substr(0, colon);
  const std::string_view port = colon == authority.size() ? known_port : authority.substr(colon + 1);
  if (!is_host(host) || !is_port(port)) return errc::bad_url;
  if (!std::ranges::all_of(rest, [](char c) { return c > 0x20 && c < 0x7f; })) return errc::bad_url;

  url parts;
  parts.secure = secure;
  parts.address = std::string(host).append(":").append(port);
  parts.host = port == known_port ? std::string(host) : parts.address;
  parts.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
  return parts;
}

}  // namespace coseal::http
