#include "websocket/upgrade.hpp"

#include "crypto/base64.hpp"
#include "crypto/random.hpp"
#include "crypto/sha1.hpp"
#include "websocket/close_code.hpp"

#include <coseal/error.hpp>

#include <algorithm>

namespace coseal::websocket {
namespace {

constexpr std::size_t key_bytes = 16;

bool is_key(const std::string* text) noexcept {
  std::array<std::byte, key_bytes> bytes;
  return text != nullptr && from_base64(*text, bytes);
}

http::response_head refusal(unsigned status) {
  http::response_head answer(status);
  answer.keep_alive = false;
  answer.framing = http::body_framing::of_length(0);
  return answer;
}

}  // namespace

std::string new_key() {
  return to_base64(random_array<key_bytes>());
}

std::string accept_of(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  return to_base64(sha1(std::as_bytes(std::span(text))));
}

http::request_head upgrade_request(std::string host, std::string target, std::string_view key,
                                   std::string_view subprotocol, std::string_view origin) {
  http::request_head request;
  request.method = "GET";
  request.target = std::move(target);
  const auto add = [&](std::string name, std::string_view value) {
    request.fields.emplace_back(std::move(name), std::string(value));
  };
  add("Host", host);
  add("Upgrade", "websocket");
  add("Connection", "Upgrade");
  add("Sec-WebSocket-Key", key);
  add("Sec-WebSocket-Version", "13");
  if (!subprotocol.empty()) add("Sec-WebSocket-Protocol", subprotocol);
  if (!origin.empty()) add("Origin", origin);
  return request;
}

http::response_head answer_upgrade(const http::request_head& request, const upgrade_policy& policy) {
  if (request.method != "GET") {
    auto answer = refusal(405);
    answer.fields.emplace_back("Allow", "GET");
    return answer;
  }
  const std::string* version = request.find("Sec-WebSocket-Version");
  const bool asks = request.has_token("Upgrade", "websocket") && request.has_token("Connection", "upgrade");
  if (!asks || (version != nullptr && *version != "13")) {
    auto answer = refusal(426);
    answer.fields.emplace_back("Upgrade", "websocket");
    answer.fields.emplace_back("Sec-WebSocket-Version", "13");
    answer.fields.emplace_back("Connection", "Upgrade");
    return answer;
  }
  const std::string* key = request.find("Sec-WebSocket-Key");
  const bool once = request.count("Sec-WebSocket-Key") == 1 && request.count("Sec-WebSocket-Version") == 1;
  if (request.minor < 1 || version == nullptr || !once || !is_key(key) ||
      request.framing.how != http::body_framing::kind::none)
    return refusal(400);
  if (const std::string* origin = request.find("Origin");
      origin != nullptr &&
      (request.count("Origin") != 1 || std::ranges::find(policy.origins, *origin) == policy.origins.end()))
    return refusal(403);
  if (!policy.subprotocol.empty() && !request.has_token("Sec-WebSocket-Protocol", policy.subprotocol))
    return refusal(400);

  http::response_head answer(101);
  answer.fields.emplace_back("Upgrade", "websocket");
  answer.fields.emplace_back("Connection", "Upgrade");
  answer.fields.emplace_back("Sec-WebSocket-Accept", accept_of(*key));
  if (!policy.subprotocol.empty()) answer.fields.emplace_back("Sec-WebSocket-Protocol", policy.subprotocol);
  return answer;
}

std::error_code check_upgrade(const http::response_head& answer, std::string_view key,
                              std::string_view subprotocol) {
  if (answer.status != 101) return coseal::errc::upgrade_refused;
  const std::string* accept = answer.find("Sec-WebSocket-Accept");
  const std::string* chosen = answer.find("Sec-WebSocket-Protocol");
  const bool right_protocol =
      subprotocol.empty() ? chosen == nullptr : chosen != nullptr && *chosen == subprotocol;
  if (!answer.has_token("Upgrade", "websocket") || !answer.has_token("Connection", "upgrade") ||
      accept == nullptr || *accept != accept_of(key) || answer.count("Sec-WebSocket-Accept") != 1 ||
      !right_protocol || answer.find("Sec-WebSocket-Extensions") != nullptr)
    return close_code::protocol_error;
  return {};
}

}  // namespace coseal::websocket
