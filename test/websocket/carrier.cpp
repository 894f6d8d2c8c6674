// The carrier on a memory pair: upgrade, data both ways, control frames, ends.

#include "carrier/carriers.hpp"
#include "support/catch.hpp"
#include "support/virtual_clock.hpp"
#include "websocket/connect_upgrade.hpp"
#include "websocket/frames.hpp"
#include "websocket/websocket_carrier.hpp"

#include <random>

using namespace coseal;
using namespace coseal::test;
using namespace coseal::websocket;

namespace {

/// An accepting carrier, and the stream on which a test plays its client.
struct server_test {
  asio::io_context io;
  carrier_ptr client;
  carrier_ptr server;

  explicit server_test(memory_knobs to_server = {}, memory_knobs to_client = {}, upgrade_policy policy = {}) {
    auto [one, other] =
        memory_pair(io.get_executor(), io.get_executor(), std::move(to_server), std::move(to_client));
    client = std::move(one);
    server = websocket_carrier::accepting(std::move(other), std::move(policy));
  }

  void send(std::string_view text) { CHECK(write(*client, text) == text.size()); }
  void send(const bytes& wire) { send(text_of(wire)); }
  std::string sent() {
    std::error_code error;
    return read(*client, error);
  }
  void upgrade() {
    send(request());
    CHECK(read_error(*server) == asio::error::would_block);
    CHECK(sent().starts_with("HTTP/1.1 101 "));
  }
  static std::string request() {
    return "GET /x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Protocol: coseal.1\r\n\r\n";
  }
};

const std::string close_1002 = std::string("\x88\x02\x03\xea", 4),
                  close_1000 = std::string("\x88\x02\x03\xe8", 4);

}  // namespace

TEST_CASE("the acceptor's end upgrades with the first bytes, and what came behind them is data",
          "[websocket]") {
  server_test t;
  t.send(server_test::request() + text_of(frame_to(role::server, 0x82, "early")));
  std::error_code error;
  CHECK(read(*t.server, error) == "early");
  const auto answer = t.sent();
  CHECK(answer.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") != std::string::npos);
  CHECK(answer.find("Sec-WebSocket-Protocol: coseal.1\r\n") != std::string::npos);
}

TEST_CASE("an upgrade may come byte by byte", "[websocket]") {
  server_test t;
  const auto request = server_test::request() + text_of(frame_to(role::server, 0x82, "data"));
  std::string got;
  for (const char& c : request) {
    t.send(std::string_view(&c, 1));
    std::error_code error;
    got += read(*t.server, error);
  }
  CHECK(got == "data");
  CHECK(t.sent().starts_with("HTTP/1.1 101 "));
}

TEST_CASE("before the upgrade nothing is sent, and a writer that waits is told when it may", "[websocket]") {
  server_test t;
  std::error_code error;
  CHECK(write(*t.server, "x", error) == 0);
  CHECK(error == asio::error::would_block);
  const auto observer = std::make_shared<told_observer>();
  t.server->wait_writable(observer);
  t.io.poll();
  CHECK(observer->writable.empty());
  t.upgrade();
  t.io.restart();
  t.io.poll();
  REQUIRE(observer->writable.size() == 1);
  CHECK(write(*t.server, "x") == 1);
  CHECK(t.sent() == std::string("\x82\x01x"));
}

TEST_CASE("what is no upgrade is answered in HTTP and fails once", "[websocket]") {
  using row = std::pair<std::string, std::string>;
  for (const auto& [request, status] : {
           row{"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "426"},
           row{"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", "405"},
           row{"GET / HTTP/1.1\r\n\r\n", "400"},
           row{"nonsense\r\n\r\n", "400"},
           row{"GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n", "414"},
           row{"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", "431"},
       }) {
    CAPTURE(status);
    server_test t;
    t.send(request);
    std::error_code error = asio::error::would_block;
    for (int tries = 0; tries < 3 && error == asio::error::would_block; ++tries) read(*t.server, error);
    CHECK(error != asio::error::would_block);
    CHECK((error == condition::malformed || error == condition::refused));
    CHECK(t.sent().starts_with("HTTP/1.1 " + status + " "));
    t.send("more of it");
    CHECK(read_error(*t.server) == asio::error::would_block);  // dropped
  }
}

TEST_CASE("a page of an origin that is not on the list gets 403 and no WebSocket", "[websocket]") {
  server_test t;
  auto request = server_test::request();
  request.insert(request.size() - 2, "Origin: https://evil.example\r\n");
  t.send(request);
  CHECK(read_error(*t.server) == close_code::policy_violation);
  CHECK(t.sent().starts_with("HTTP/1.1 403 "));
}

TEST_CASE("bytes pass both ways through any sizes of reads and writes", "[websocket]") {
  std::mt19937 random(7);
  for (const std::size_t capacity :
       {std::size_t{3}, std::size_t{100}, std::size_t{70'000}, std::size_t{1'000'000}})
    for (const std::size_t largest : {std::size_t{0}, std::size_t{1}, std::size_t{13}}) {
      if (largest == 1 && capacity > 100) continue;
      CAPTURE(capacity, largest);
      asio::io_context io;
      memory_knobs knobs;
      knobs.capacity = capacity;
      knobs.largest_read = knobs.largest_write = largest;
      auto [one, other] = memory_pair(io.get_executor(), io.get_executor(), knobs, knobs);
      const auto server = websocket_carrier::accepting(std::move(other), {});
      virtual_clock time;
      carrier_io stream(*one, time);
      std::optional<result<std::vector<std::byte>>> early;
      start(io, connect_upgrade(stream, "h", "/", "coseal.1", "", coseal::clock::time_point::max()),
            [&](auto got) { early.emplace(std::move(got)); });
      for (int turn = 0; turn < 10'000 && !early; ++turn) {
        std::error_code error;
        CHECK(read(*server, error).empty());
        io.restart();
        io.poll();
        const auto observer = std::make_shared<told_observer>();
      }
      REQUIRE(early);
      const auto client = websocket_carrier::connected(std::move(one), early->value());

      std::string text(capacity > 1000 ? 300'000 : 3'000, '\0');
      for (char& c : text) c = static_cast<char>(random());
      for (const auto& [from, to] :
           {std::pair(client.get(), server.get()), std::pair(server.get(), client.get())}) {
        std::size_t written = 0;
        std::string got;
        for (int turn = 0; turn < 100'000 && got.size() < text.size(); ++turn) {
          std::error_code error;
          const std::size_t half = (text.size() - written) / 2;
          const std::array<asio::const_buffer, 2> pieces{
              asio::const_buffer(text.data() + written, half),
              asio::const_buffer(text.data() + written + half, text.size() - written - half)};
          if (written < text.size()) written += from->try_write_some(pieces, error);
          got += read(*to, error, 1 + random() % 5000);
        }
        CHECK(got == text);
      }
    }
}

TEST_CASE("a ping is answered with its payload, the last of many if they can not all be", "[websocket]") {
  server_test t;
  t.upgrade();
  t.send(joined({frame_to(role::server, 0x89, "one"), frame_to(role::server, 0x82, "data")}));
  std::error_code error;
  CHECK(read(*t.server, error) == "data");
  CHECK(t.sent() == "\x8a\x03one");

  memory_knobs tight;
  tight.capacity = 160;
  server_test full({}, tight);
  full.upgrade();
  REQUIRE(write(*full.server, std::string(140, 'x')) == 140);
  for (int i = 0; i < 1000; ++i) {
    full.send(frame_to(role::server, 0x89, std::to_string(i)));
    CHECK(read_error(*full.server) == asio::error::would_block);
  }
  full.sent();
  full.io.poll();
  std::string pongs = full.sent();
  CHECK(pongs.size() < 20);
  CHECK(
      pongs.ends_with("\x8a\x03"
                      "999"));
}

TEST_CASE("control frames stand between data frames and never inside of one", "[websocket]") {
  memory_knobs tight;
  tight.capacity = 200;
  server_test t({}, tight);
  t.upgrade();
  const std::string text(300, 'x');
  std::size_t written = write(*t.server, text);
  CHECK(written < text.size());
  t.send(frame_to(role::server, 0x89, "p"));
  CHECK(read_error(*t.server) == asio::error::would_block);
  std::string out = t.sent();
  written += write(*t.server, std::string_view(text).substr(written));
  CHECK(written == text.size());
  out += t.sent();
  std::error_code error;
  write(*t.server, "y", error);
  out += t.sent();
  CHECK(out == std::string("\x82\x7e\x01\x2c", 4) + text + "\x8a\x01p" + "\x82\x01y");
}

TEST_CASE("a violation is closed with its code, fails once, and what follows is dropped", "[websocket]") {
  server_test t;
  t.upgrade();
  t.send(joined({frame_to(role::server, 0xf2, "x"), frame_to(role::server, 0x82, "y")}));
  CHECK(read_error(*t.server) == close_code::protocol_error);
  CHECK(t.sent() == close_1002);
  t.send(frame_to(role::server, 0x82, "z"));
  CHECK(read_error(*t.server) == asio::error::would_block);
  t.client->close();
  CHECK(read_error(*t.server) == asio::error::eof);
}

TEST_CASE("a Close is answered and ends reading after what came before it", "[websocket]") {
  server_test t;
  t.upgrade();
  t.send(joined({frame_to(role::server, 0x82, "last"), frame_to(role::server, 0x88, "\x03\xe8")}));
  std::error_code error;
  CHECK(read(*t.server, error) == "last");
  CHECK(read_error(*t.server) == asio::error::eof);
  CHECK(t.sent() == close_1000);
  CHECK(write(*t.server, "x", error) == 0);
  CHECK(error == asio::error::broken_pipe);
}

TEST_CASE("a Close with another code is the error that ends reading", "[websocket]") {
  server_test t;
  t.upgrade();
  t.send(frame_to(role::server, 0x88, "\x03\xf1too big"));
  CHECK(read_error(*t.server) == close_code::message_too_big);
}

TEST_CASE("the end of the stream without a Close is only an end", "[websocket]") {
  server_test t;
  t.upgrade();
  t.client->close();
  CHECK(read_error(*t.server) == asio::error::eof);
}

TEST_CASE("closing says so to the peer and ends the waits", "[websocket]") {
  server_test t;
  t.upgrade();
  const auto observer = std::make_shared<told_observer>();
  t.server->wait_readable(observer);
  t.server->close();
  t.io.poll();
  CHECK(t.sent() == close_1000);
  REQUIRE(observer->readable.size() == 1);
  CHECK(observer->readable[0] == asio::error::operation_aborted);
}

TEST_CASE("nothing stays behind when a carrier goes while it waits", "[websocket]") {
  server_test t;
  const auto observer = std::make_shared<told_observer>();
  t.server->wait_writable(observer);
  t.server->wait_readable(observer);
  t.server.reset();
  t.io.poll();
  CHECK(observer.use_count() == 1);
}
