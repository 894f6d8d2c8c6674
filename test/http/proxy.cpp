// Tunnels through a proxy that the test plays.

#include "carrier/carriers.hpp"
#include "http/connect_tunnel.hpp"
#include "http/error.hpp"
#include "support/catch.hpp"
#include "support/virtual_clock.hpp"

#include <coseal/proxy.hpp>

using namespace coseal;
using namespace coseal::test;

namespace {

/// What a tunnel's client ends with when the proxy answers `answer` (and then ends, if it `ends`).
struct tunnel_attempt {
  asio::io_context io;
  std::shared_ptr<virtual_clock> time = std::make_shared<virtual_clock>();
  carrier_ptr client, proxy;
  std::optional<carrier_io> stream;
  std::optional<result<void>> done;

  explicit tunnel_attempt(memory_knobs from_proxy = {}) {
    std::tie(client, proxy) = memory_pair(io.get_executor(), io.get_executor(), {}, std::move(from_proxy));
    stream.emplace(*client, *time);
  }
  void begin(std::string authorization = {}) {
    start(io,
          http::connect_tunnel(*stream, "backend.example:7000", std::move(authorization),
                               time->now() + std::chrono::seconds(5)),
          [this](result<void> ended) { done.emplace(ended); });
    run_ready(io);
  }
  void answer(std::string_view text) {
    coseal::test::write(*proxy, text);
    run_ready(io);
  }
  std::string asked() {
    std::error_code error;
    return coseal::test::read(*proxy, error);
  }
};

}  // namespace

TEST_CASE("a proxy is asked for a tunnel, which then carries what is written", "[http]") {
  tunnel_attempt t;
  t.begin();
  CHECK(t.asked() == "CONNECT backend.example:7000 HTTP/1.1\r\nHost: backend.example:7000\r\n\r\n");
  t.answer("HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n");
  REQUIRE(t.done);
  REQUIRE(*t.done);
  coseal::test::write(*t.client, "through");
  CHECK(t.asked() == "through");
}

TEST_CASE("a login goes with the question", "[http]") {
  tunnel_attempt t;
  t.begin("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  CHECK(t.asked().find("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n") !=
        std::string::npos);
}

TEST_CASE("the proxy's answer may come byte by byte and after interim ones", "[http]") {
  memory_knobs dripping;
  dripping.largest_read = 1;
  tunnel_attempt t(dripping);
  t.begin();
  t.answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 204 No Content\r\n\r\n");
  REQUIRE(t.done);
  CHECK(*t.done);
}

TEST_CASE("whatever is no tunnel fails, each way with its code", "[http]") {
  using row = std::pair<std::string, std::error_code>;
  std::string interim;
  for (int i = 0; i < 11; ++i) interim += "HTTP/1.1 102 Processing\r\n\r\n";
  for (const auto& [text, wanted] : {
           row{"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
               coseal::errc::proxy_refused},
           row{"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nno!!", coseal::errc::proxy_refused},
           row{"HTTP/1.1 302 Found\r\nLocation: http://x/\r\nContent-Length: 0\r\n\r\n",
               coseal::errc::proxy_refused},
           row{"HTTP/1.1 101 Switching Protocols\r\n\r\n", http::errc::not_a_response},
           row{"HTTP/1.1 200 OK\r\n\r\nnobody asked", http::errc::not_a_response},
           row{interim, http::errc::not_a_response},
           row{"HTTP/1.1 200 OK\nX: y\n\n", http::errc::bad_line_ending},
           row{"SSH-2.0-OpenSSH_9.2\r\n\r\n", http::errc::bad_start_line},
           row{"HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", http::errc::head_too_large},
       }) {
    CAPTURE(text.substr(0, 60));
    tunnel_attempt t;
    t.begin();
    t.answer(text);
    REQUIRE(t.done);
    CHECK(t.done->error() == wanted);
  }
}

TEST_CASE("a proxy that says nothing costs the deadline, one that hangs up is eof", "[http]") {
  {
    tunnel_attempt t;
    t.begin();
    t.answer("HTTP/1.1 200");
    t.time->advance(std::chrono::seconds(6));
    run_ready(t.io);
    REQUIRE(t.done);
    CHECK(t.done->error() == coseal::errc::timed_out);
  }
  tunnel_attempt t;
  t.begin();
  t.proxy->close();
  run_ready(t.io);
  REQUIRE(t.done);
  CHECK(t.done->error() == asio::error::eof);
}

TEST_CASE("a transport goes through a proxy on loopback", "[http][sockets]") {
  asio::io_context io;
  const auto listening = listen(io, listen_tcp("127.0.0.1:0"));
  std::optional<opened_carrier> accepted;
  start(io, listening->accept(), [&](opened_carrier made) {
    accepted.emplace(std::move(made));
    coseal::test::write(**accepted.value(), "HTTP/1.1 200 OK\r\n\r\n");
  });
  proxy_options options;
  options.user = "Aladdin";
  options.password = "open sesame";
  const auto where = via_proxy("http://" + listening->address().substr(6), "backend.example:7000", options);
  CHECK(where.name() == "tcp://backend.example:7000");
  const auto opened = open(io, where);
  REQUIRE(opened);
  coseal::test::write(**opened, "hello");
  const std::string head =
      "CONNECT backend.example:7000 HTTP/1.1\r\nHost: backend.example:7000\r\n"
      "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n";
  CHECK(read_all(io, **accepted.value(), head.size() + 5) == head + "hello");
}

TEST_CASE("addresses and logins of a proxy that can not work are refused", "[http]") {
  for (const char* proxy :
       {"proxy:3128", "https://proxy:3128", "http://user@proxy", "http://proxy/path", ""}) {
    CAPTURE(proxy);
    CHECK_THROWS_AS(via_proxy(proxy, "host:1"), coseal::error);
  }
  for (const char* target : {"host", "host:1/x", "http://host:1", "a b:1\r\n:1"}) {
    CAPTURE(target);
    CHECK_THROWS_AS(via_proxy("http://proxy", target), coseal::error);
  }
  using row = std::pair<std::string, std::string>;
  for (const auto& [user, password] : {row{"a:b", "c"}, row{"a", "b\nc"}, row{"", "c"}, row{"a\r", ""}}) {
    proxy_options options;
    options.user = user;
    options.password = password;
    CHECK_THROWS_AS(via_proxy("http://proxy", "host:1", options), coseal::error);
  }
}
