#include "http/head.hpp"

#include "http/error.hpp"
#include "http/text.hpp"
#include "support/catch.hpp"

#include <coseal/error.hpp>

#include <string>
#include <vector>

using namespace coseal::test;
using coseal::http::body_framing;
using coseal::http::errc;

namespace {

const std::string post =
    "POST /a/b?c=d HTTP/1.1\r\nhost: example.org:80\r\nAccept:\t text/html \r\nEmpty:\r\nContent-Length: "
    "5\r\n"
    "X-Name: \xc3\xa4\r\nAccept: b\r\n\r\n";

auto request_of(std::string_view text) {
  return std::move(parse_request(text).value().value().head);
}
auto response_of(std::string_view text, std::string_view method = "GET") {
  return std::move(parse_response(text, method).value().value().head);
}

}  // namespace

TEST_CASE("a request head is read whole", "[http]") {
  const auto read = parse_request(post + "hello").value().value();
  CHECK(read.size == post.size());
  CHECK(read.head.method == "POST");
  CHECK(read.head.target == "/a/b?c=d");
  CHECK(read.head.path() == "/a/b");
  CHECK(read.head.query() == "c=d");
  CHECK(read.head.minor == 1);
  CHECK(read.head.keep_alive);
  CHECK(read.head.framing == body_framing::of_length(5));
  REQUIRE(read.head.fields.size() == 6);
  CHECK(*read.head.find("HOST") == "example.org:80");
  CHECK(*read.head.find("accept") == "text/html");
  CHECK(read.head.find("Empty")->empty());
  CHECK(*read.head.find("X-Name") == "\xc3\xa4");
  CHECK(read.head.count("Accept") == 2);
  CHECK(read.head.find("Cookie") == nullptr);
}

TEST_CASE("a request head needs all of its bytes", "[http]") {
  for (std::size_t n = 0; n < post.size(); ++n)
    CHECK_FALSE(parse_request(post.substr(0, n)).value().has_value());
  CHECK(parse_request(post).value().has_value());
}

TEST_CASE("one empty line before a request is passed over", "[http]") {
  const auto read = parse_request("\r\n" + post).value().value();
  CHECK(read.size == post.size() + 2);
  CHECK(read.head.method == "POST");
}

TEST_CASE("the connection goes on as the version and its field say", "[http]") {
  const auto keeps = [](const std::string& version, const std::string& fields) {
    return request_of("GET / HTTP/" + version + "\r\nHost: a\r\n" + fields + "\r\n").keep_alive;
  };
  CHECK(keeps("1.1", ""));
  CHECK_FALSE(keeps("1.1", "Connection: close\r\n"));
  CHECK_FALSE(keeps("1.1", "Connection: keep-alive, Close\r\n"));
  CHECK_FALSE(keeps("1.1", "Connection: upgrade\r\nConnection: close\r\n"));
  CHECK(keeps("1.1", "Connection: closed\r\n"));
  CHECK_FALSE(keeps("1.0", ""));
  CHECK(keeps("1.0", "Connection: Keep-Alive\r\n"));
}

TEST_CASE("tokens are found in comma lists of several fields", "[http]") {
  const auto head = request_of(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive ,\tUpgrade\r\nUpgrade: h2c\r\nUPGRADE: "
      ",WebSocket,\r\n\r\n");
  CHECK(head.has_token("Connection", "upgrade"));
  CHECK(head.has_token("upgrade", "websocket"));
  CHECK_FALSE(head.has_token("upgrade", "web"));
  CHECK_FALSE(head.has_token("connection", "close"));
  CHECK_FALSE(head.has_token("cookie", "close"));
}

TEST_CASE("a target may be a path, a URL of the Host, a star or an authority", "[http]") {
  CHECK(request_of("GET http://A:1/x?y HTTP/1.1\r\nHost: a:1\r\n\r\n").path() == "/x");
  CHECK(request_of("GET http://a?y HTTP/1.1\r\nHost: a\r\n\r\n").path() == "/");
  CHECK(request_of("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").path() == "*");
  CHECK(request_of("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n").target == "a:1");
  CHECK(request_of("GET //a HTTP/1.1\r\nHost: a\r\n\r\n").path() == "//a");
}

TEST_CASE("an IPv6 address is a Host", "[http]") {
  CHECK(*request_of("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n").find("host") == "[::1]:80");
}

TEST_CASE("heads have limits", "[http]") {
  coseal::http::head_limits limits;
  limits.bytes = 200;
  limits.fields = 3;
  limits.target = 20;
  const auto refused = [&](const std::string& head) {
    const auto whole = parse_request(head, limits).error();
    CHECK(parse_request_slowly(head, limits).error() == whole);
    return whole;
  };
  const std::string rest = " HTTP/1.1\r\nHost: a\r\n\r\n";
  CHECK_FALSE(refused("GET /" + std::string(19, 'x') + rest));
  CHECK(refused("GET /" + std::string(20, 'x') + rest) == errc::target_too_long);
  CHECK(refused("GET /" + std::string(20, 'x')) == errc::target_too_long);
  CHECK_FALSE(refused("GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nA: b\r\n\r\n"));
  CHECK(refused("GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nA: b\r\nA: b\r\n\r\n") == errc::head_too_large);
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nA: ";
  CHECK_FALSE(refused(start + std::string(200 - start.size() - 4, 'x') + "\r\n\r\n"));
  CHECK(refused(start + std::string(200 - start.size() - 3, 'x') + "\r\n\r\n") == errc::head_too_large);
  CHECK(refused(start + std::string(200 - start.size(), 'x')) == errc::head_too_large);
  CHECK(refused(std::string(200, 'G')) == errc::head_too_large);
  CHECK(coseal::http::status_of(errc::target_too_long) == 414);
  CHECK(coseal::http::status_of(errc::head_too_large) == 431);
}

TEST_CASE("a response head is read whole", "[http]") {
  const std::string text = "HTTP/1.1 404 Not  Found\r\nContent-Length: 3\r\n\r\n";
  const auto read = parse_response(text + "abc").value().value();
  CHECK(read.size == text.size());
  CHECK(read.head.status == 404);
  CHECK(read.head.reason == "Not  Found");
  CHECK(read.head.framing == body_framing::of_length(3));
  CHECK(read.head.keep_alive);
  for (std::size_t n = 0; n < text.size(); ++n)
    CHECK_FALSE(parse_response(text.substr(0, n)).value().has_value());
}

TEST_CASE("the body of a response ends as RFC 9112 says", "[http]") {
  const std::string length = "Content-Length: 5\r\n\r\n", chunks = "Transfer-Encoding: Chunked\r\n\r\n";
  CHECK(response_of("HTTP/1.1 200 OK\r\n" + length).framing == body_framing::of_length(5));
  CHECK(response_of("HTTP/1.1 200 OK\r\n" + chunks).framing == body_framing::chunked());
  CHECK(response_of("HTTP/1.1 200 \r\n\r\n").framing == body_framing::until_close());
  CHECK_FALSE(response_of("HTTP/1.1 200 OK\r\n\r\n").keep_alive);
  CHECK(response_of("HTTP/1.1 200 OK\r\n" + length, "HEAD").framing == body_framing::none());
  CHECK(response_of("HTTP/1.1 200 OK\r\n\r\n", "HEAD").keep_alive);
  CHECK(response_of("HTTP/1.1 304 Not Modified\r\n" + length).framing == body_framing::none());
  CHECK(response_of("HTTP/1.1 204 No Content\r\n\r\n").framing == body_framing::none());
  CHECK(
      response_of("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n").framing ==
      body_framing::none());
  CHECK(response_of("HTTP/1.1 200 OK\r\n\r\n", "CONNECT").framing == body_framing::none());
}

TEST_CASE("errors of HTTP compare with the conditions of coseal", "[http]") {
  CHECK(std::error_code(errc::bad_framing) == coseal::condition::malformed);
  CHECK(std::error_code(errc::too_slow) == coseal::condition::timed_out);
  CHECK(coseal::http::status_of(coseal::errc::cancelled) == 500);
}
