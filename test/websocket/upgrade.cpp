#include "websocket/upgrade.hpp"

#include "support/catch.hpp"
#include "websocket/close_code.hpp"

#include <coseal/error.hpp>

#include <functional>

using namespace coseal;
using namespace coseal::websocket;

namespace {

const std::string sample_key = "dGhlIHNhbXBsZSBub25jZQ==";

http::request_head good_request() {
  return upgrade_request("server.example.com", "/chat", sample_key, coseal_subprotocol);
}

unsigned status_with(const std::function<void(http::request_head&)>& change, upgrade_policy policy = {}) {
  auto request = good_request();
  change(request);
  return answer_upgrade(request, policy).status;
}

void set(http::request_head& request, std::string_view name, std::string value) {
  for (auto& each : request.fields)
    if (each.name == name) each.value = std::move(value);
}

void remove(http::request_head& request, std::string_view name) {
  std::erase_if(request.fields, [&](const http::field& each) { return each.name == name; });
}

}  // namespace

TEST_CASE("the RFC's own key has the RFC's own answer", "[websocket]") {
  CHECK(accept_of(sample_key) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST_CASE("keys are 16 bytes and never twice the same", "[websocket]") {
  const auto one = new_key(), other = new_key();
  CHECK(one.size() == 24);
  CHECK(one != other);
}

TEST_CASE("a proper upgrade is answered with its own accept and subprotocol", "[websocket]") {
  const auto answer = answer_upgrade(good_request(), {});
  CHECK(answer.status == 101);
  CHECK(*answer.find("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK(*answer.find("Sec-WebSocket-Protocol") == "coseal.1");
  CHECK(answer.find("Sec-WebSocket-Extensions") == nullptr);
  CHECK_FALSE(check_upgrade(answer, sample_key, coseal_subprotocol));
}

TEST_CASE("browsers name many things in Connection and offer extensions, which are not taken up",
          "[websocket]") {
  CHECK(status_with([](auto& r) { set(r, "Connection", "keep-alive, Upgrade"); }) == 101);
  CHECK(status_with([](auto& r) { set(r, "Upgrade", "WebSocket"); }) == 101);
  CHECK(status_with([](auto& r) { set(r, "Sec-WebSocket-Protocol", "chat, coseal.1"); }) == 101);
  CHECK(status_with(
            [](auto& r) { r.fields.emplace_back("Sec-WebSocket-Extensions", "permessage-deflate"); }) == 101);
}

TEST_CASE("what is no proper upgrade gets the status that says why", "[websocket]") {
  CHECK(status_with([](auto& r) { r.method = "POST"; }) == 405);
  CHECK(status_with([](auto& r) { r.minor = 0; }) == 400);
  CHECK(status_with([](auto& r) { remove(r, "Upgrade"); }) == 426);
  CHECK(status_with([](auto& r) { remove(r, "Connection"); }) == 426);
  CHECK(status_with([](auto& r) { set(r, "Sec-WebSocket-Version", "8"); }) == 426);
  CHECK(status_with([](auto& r) { remove(r, "Sec-WebSocket-Version"); }) == 400);
  CHECK(status_with([](auto& r) { remove(r, "Sec-WebSocket-Key"); }) == 400);
  CHECK(status_with([](auto& r) { set(r, "Sec-WebSocket-Key", "c2hvcnQ="); }) == 400);
  CHECK(status_with([](auto& r) { set(r, "Sec-WebSocket-Key", "not base64 at all!!!!!!!"); }) == 400);
  CHECK(status_with([](auto& r) { r.fields.emplace_back("Sec-WebSocket-Key", sample_key); }) == 400);
  CHECK(status_with([](auto& r) { remove(r, "Sec-WebSocket-Protocol"); }) == 400);
  CHECK(status_with([](auto& r) { set(r, "Sec-WebSocket-Protocol", "coseal.2"); }) == 400);
  CHECK(status_with([](auto& r) { r.framing = http::body_framing::of_length(5); }) == 400);
}

TEST_CASE("a web page connects only if its origin is on the list, to the letter", "[websocket]") {
  upgrade_policy policy;
  const auto from = [&](std::string origin) {
    return status_with([&](auto& r) { r.fields.emplace_back("Origin", std::move(origin)); }, policy);
  };
  CHECK(from("https://app.example") == 403);
  policy.origins = {"https://app.example"};
  CHECK(from("https://app.example") == 101);
  CHECK(from("https://app.example:8443") == 403);
  CHECK(from("http://app.example") == 403);
  CHECK(from("https://app.example.evil.example") == 403);
  CHECK(from("null") == 403);
  CHECK(status_with(
            [](auto& r) {
              r.fields.emplace_back("Origin", "https://app.example");
              r.fields.emplace_back("Origin", "https://evil.example");
            },
            policy) == 403);
}

TEST_CASE("an answer that does not belong to the question is refused", "[websocket]") {
  const auto wrong = [](const std::function<void(http::response_head&)>& change) {
    auto answer = answer_upgrade(good_request(), {});
    change(answer);
    return check_upgrade(answer, sample_key, coseal_subprotocol);
  };
  const auto set_in = [](http::response_head& answer, std::string_view name, std::string value) {
    for (auto& each : answer.fields)
      if (each.name == name) each.value = std::move(value);
  };
  CHECK(wrong([](auto& a) { a.status = 200; }) == coseal::errc::upgrade_refused);
  CHECK(wrong([](auto& a) { a.status = 403; }) == condition::transport);
  CHECK(wrong([&](auto& a) { set_in(a, "Sec-WebSocket-Accept", accept_of(new_key())); }) ==
        close_code::protocol_error);
  CHECK(wrong([&](auto& a) { set_in(a, "Sec-WebSocket-Protocol", "chat"); }) == close_code::protocol_error);
  CHECK(wrong([&](auto& a) { set_in(a, "Upgrade", "h2c"); }) == close_code::protocol_error);
  CHECK(wrong([](auto& a) { a.fields.emplace_back("Sec-WebSocket-Extensions", "permessage-deflate"); }) ==
        close_code::protocol_error);
  CHECK(wrong([](auto& a) { a.fields.clear(); }) == close_code::protocol_error);
}
