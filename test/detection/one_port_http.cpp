// What is no session on a port for all protocols: people with HTTP, and the application's own handler.

#include "detection/port.hpp"

#include <coseal/http.hpp>

namespace coseal::test {
namespace {

const std::string get_text = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

/// Says back what it saw of a request.
task<http_response> mirror(http_request asked) {
  std::string text = asked.method + " " + asked.target + " from " + asked.source + " with " +
                     std::to_string(asked.body.size());
  if (const auto* name = asked.find("x-name")) text += " as " + *name;
  co_return http_response(200, "text/plain", text);
}

}  // namespace

TEST_CASE("people who ask the port in HTTP are told what it is", "[detection][http]") {
  any_port port;
  const std::size_t at_once = GENERATE(std::size_t{0}, std::size_t{1});
  port.listen();
  memory_knobs cut;
  cut.largest_read = at_once;
  const auto peer = port.place.connect({}, cut);
  port.say(*peer, get_text);
  const auto said = port.heard(*peer);
  CHECK(said.starts_with("HTTP/1.1 426 Upgrade Required\r\n"));
  CHECK(said.find("Upgrade: websocket\r\n") != std::string::npos);
  CHECK(said.find("This port speaks coseal/1") != std::string::npos);
  port.say(*peer, "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");  // the connection lives on
  CHECK(port.heard(*peer).starts_with("HTTP/1.1 404 "));
  CHECK(port.refused.empty());
}

TEST_CASE("a handler of the application answers what is no upgrade", "[detection][http]") {
  any_port port;
  port.options.http(mirror);
  port.listen();
  const auto peer = port.place.connect("10.0.0.9");
  port.say(*peer,
           "POST /call HTTP/1.1\r\nHost: h\r\nX-Name: Ada\r\nContent-Length: 5\r\n\r\nhello" + get_text);
  const auto said = port.heard(*peer);
  CHECK(said.find("POST /call from 10.0.0.9 with 5 as Ada") != std::string::npos);
  CHECK(said.find("GET / from 10.0.0.9 with 0") != std::string::npos);
  const auto other = port.place.connect();
  port.say(*other, "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n");
  CHECK(port.heard(*other).starts_with("HTTP/1.1 200 "));
}

TEST_CASE("a malformed head is answered in HTTP, a page from elsewhere is refused", "[detection][http]") {
  any_port port;
  port.listen();
  using row = std::pair<std::string, std::string>;
  for (const auto& [text, status] :
       {row{"GET / HTTP/1.1\r\n\r\n", "400"}, row{"GET / HTTP/1.1\nHost: h\n\n", "400"},
        row{"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", "431"},
        row{"GET / HTTP/1.1\r\nHost: h\r\nOrigin: https://evil.example\r\n\r\n", "403"}}) {
    CAPTURE(status);
    const auto peer = port.place.connect();
    port.say(*peer, text);
    CHECK(port.heard(*peer).starts_with("HTTP/1.1 " + status + " "));
  }
}

TEST_CASE("connections of HTTP hold no place of a handshake, and have bounds of their own",
          "[detection][http]") {
  any_port port;
  port.accepting.half_open(1, 1);
  port.options.http_connections(3, 2);
  port.listen();
  std::vector<std::unique_ptr<duplex_carrier>> peers;
  const auto ask = [&](const std::string& source) {
    peers.push_back(port.place.connect(source));
    port.say(*peers.back(), get_text);
    bool ended = false;
    const auto said = port.heard(*peers.back(), &ended);
    return said.empty() ? ended ? "end" : "nothing" : said.substr(9, 3);
  };
  CHECK(ask("a") == "426");
  CHECK(ask("a") == "426");
  CHECK(ask("a") == "end");
  CHECK(ask("b") == "426");
  CHECK(ask("c") == "503");
  CHECK(port.refused.empty());
  peers.clear();
  port.settle();
  CHECK(port.place.alive() == 0);
  CHECK(ask("a") == "426");
  port.pass(61s);  // silence between two requests ends it
  CHECK(port.place.alive() == 0);
}

TEST_CASE("closing the listener ends connections of HTTP that are idle", "[detection][http]") {
  any_port port;
  port.listen();
  const auto peer = port.place.connect();
  port.say(*peer, get_text);
  CHECK(port.heard(*peer).starts_with("HTTP/1.1 426"));
  const bool destroyed = GENERATE(false, true);
  if (destroyed)
    port.open.reset();
  else
    port.open->close();
  port.settle();
  CHECK(port.place.alive() == 0);
}

}  // namespace coseal::test
