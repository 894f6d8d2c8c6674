#include "http/head_writer.hpp"

#include "http/error.hpp"
#include "http/text.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace coseal::test;
using namespace coseal::http;

namespace {

request_head a_request() {
  request_head head;
  head.method = "POST";
  head.target = "/x?y";
  head.fields.emplace_back("Host", "a:1");
  head.framing = body_framing::of_length(3);
  return head;
}

}  // namespace

TEST_CASE("a head that is written is read again", "[http]") {
  CHECK(write_request_head(a_request()).value() ==
        "POST /x?y HTTP/1.1\r\nHost: a:1\r\nContent-Length: 3\r\n\r\n");
  const auto back = parse_request(write_request_head(a_request()).value()).value().value().head;
  CHECK(back.framing == body_framing::of_length(3));
  CHECK(*back.find("Host") == "a:1");

  response_head answer(404);
  answer.framing = body_framing::chunked();
  answer.keep_alive = false;
  answer.fields.emplace_back("A", "b");
  CHECK(write_response_head(answer).value() ==
        "HTTP/1.1 404 Not Found\r\nA: b\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
  CHECK_FALSE(parse_response(write_response_head(answer).value()).value().value().head.keep_alive);
}

TEST_CASE("a switch of protocols is written without a length", "[http]") {
  response_head answer(101);
  answer.fields.emplace_back("Upgrade", "websocket");
  answer.fields.emplace_back("Connection", "Upgrade");
  CHECK(write_response_head(answer).value() ==
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
}

TEST_CASE("nothing is written that would end a line early or split a word", "[http]") {
  const std::vector<std::string> line_breakers{"a\r\nb", "a\rb", "a\nb", std::string("a\0b", 3), "a\x7f"};
  for (const std::string& bad : line_breakers) {
    INFO(bad);
    auto head = a_request();
    head.fields.emplace_back("X", bad);
    CHECK(write_request_head(head).error() == errc::unwritable);
    head = a_request();
    head.fields.emplace_back(bad, "x");
    CHECK(write_request_head(head).error() == errc::unwritable);
    head = a_request();
    head.target = "/" + bad;
    CHECK(write_request_head(head).error() == errc::unwritable);
    head = a_request();
    head.method = bad;
    CHECK(write_request_head(head).error() == errc::unwritable);
    response_head answer(200);
    answer.reason = bad;
    CHECK(write_response_head(answer).error() == errc::unwritable);
    answer.reason.clear();
    answer.fields.emplace_back("X", bad);
    CHECK(write_response_head(answer).error() == errc::unwritable);
  }
}

TEST_CASE("blanks in a target and names that are no tokens are not written", "[http]") {
  auto head = a_request();
  head.target = "/a b";
  CHECK(write_request_head(head).error() == errc::unwritable);
  head.target.clear();
  CHECK(write_request_head(head).error() == errc::unwritable);
  head = a_request();
  for (const char* name : {"", "a b", "a:", " a"}) {
    head.fields.back().name = name;
    CHECK(write_request_head(head).error() == errc::unwritable);
  }
}

TEST_CASE("a length is said by the framing alone", "[http]") {
  for (const char* name : {"content-length", "Transfer-Encoding"}) {
    auto head = a_request();
    head.fields.emplace_back(name, "3");
    CHECK(write_request_head(head).error() == errc::unwritable);
  }
}
