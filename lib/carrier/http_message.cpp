#include "carrier/port_notice.hpp"

#include <coseal/http.hpp>

#include <algorithm>

namespace coseal {
namespace {

char lower_case(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr std::string_view notice =
    "This port speaks coseal/1, not plain HTTP. Connect with a coseal client: over the bare connection, or "
    "as "
    "a\n"
    "WebSocket with the subprotocol coseal.1.\n";

}  // namespace

const std::string* http_request::find(std::string_view name) const noexcept {
  const auto same = [](char a, char b) { return lower_case(a) == lower_case(b); };
  for (const auto& [each, value] : fields)
    if (std::ranges::equal(each, name, same)) return &value;
  return nullptr;
}

http_response::http_response(unsigned code, std::string content_type, std::string_view text) : status(code) {
  fields.emplace_back("Content-Type", std::move(content_type));
  const auto content = std::as_bytes(std::span(text));
  body.assign(content.begin(), content.end());
}

http_response port_notice(const http_request& asked) {
  const bool reads = asked.method == "GET" || asked.method == "HEAD";
  http_response said(reads ? 426 : 404, "text/plain; charset=utf-8", notice);
  if (reads) {  // RFC 9110, 15.5.22: with what it could be upgraded to
    said.fields.emplace_back("Upgrade", "websocket");
    said.fields.emplace_back("Connection", "Upgrade");
  }
  said.fields.emplace_back("Cache-Control", "no-store");
  return said;
}

}  // namespace coseal
