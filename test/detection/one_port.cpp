// Sessions through a port for all protocols: over the bare stream, WebSocket and a stand-in for TLS, however
// their bytes come; and what is nothing at all.

#include "detection/port.hpp"
#include "websocket/connect_upgrade.hpp"
#include "websocket/websocket_carrier.hpp"

#include <asio/co_spawn.hpp>

namespace coseal::test {
namespace {

constexpr std::string_view upgrade_text =
    "GET /x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: coseal.1\r\n\r\n";

/// The connector's WebSocket over a carrier that is open.
task<result<std::unique_ptr<duplex_carrier>>> upgraded(std::unique_ptr<duplex_carrier> stream, clock& time) {
  carrier_io io(*stream, time);
  auto early = co_await websocket::connect_upgrade(io, "h", "/", std::string(websocket::coseal_subprotocol),
                                                   {}, clock::time_point::max());
  if (!early) co_return early.error();
  std::unique_ptr<duplex_carrier> made =
      websocket::websocket_carrier::connected(std::move(stream), *std::move(early));
  co_return std::move(made);
}

/// One byte that is none of the content in front, as a TLS record would have more of them.
std::unique_ptr<duplex_carrier> without_first_byte(std::unique_ptr<duplex_carrier> stream) {
  std::byte first{};
  std::error_code error;
  REQUIRE(stream->try_read_some({&first, 1}, error) == 1);
  REQUIRE(first == std::byte{0x16});
  return stream;
}

std::error_code visit(any_port& port, const std::string& way, memory_knobs forth = {}, memory_knobs back = {},
                      const std::string& source = {}) {
  auto carrier = port.place.connect(source, std::move(forth), std::move(back));
  if (way.starts_with("tls")) port.say(*carrier, "\x16");
  if (way.ends_with("ws")) {
    std::error_code failed;
    port.run([&]() -> task<void> {
      auto made = co_await upgraded(std::move(carrier), *port.time);
      failed = made.error();
      if (made) carrier = *std::move(made);
    });
    if (failed) return failed;
  }
  port.begin_connector(std::move(carrier));
  port.run();
  return port.connector_error;
}

void exchange_frames(session& connector, session& acceptor, stage& on) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{100}, std::size_t{300'000}}) {
    const auto frame = pattern(size, size);
    on.start([&]() -> task<void> { co_await connector.send(frame); });
    on.run([&]() -> task<void> {
      const auto there = co_await acceptor.receive();
      CHECK(same(there.bytes(), frame));
    });
  }
}

}  // namespace

TEST_CASE("one port serves every level over the stream, WebSocket and both inside of TLS", "[detection]") {
  any_port port(GENERATE(from_range(every_level)));
  const std::string way = GENERATE("stream", "ws", "tls stream", "tls ws");
  const std::size_t at_once = GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{7});
  port.options.tls(without_first_byte);
  port.listen();
  memory_knobs cut;
  cut.largest_read = at_once;
  CAPTURE(way, at_once);
  REQUIRE(!visit(port, way, cut, cut));
  auto got = port.next();
  REQUIRE(got);
  CHECK(got->info().carrier == (way.ends_with("ws") ? "ws" : "memory"));
  CHECK(got->info().level == port.level);
  exchange_frames(port.connector, *got, port);
  CHECK(port.refused.empty());
}

TEST_CASE("what is no protocol of the port is closed at once and without an answer", "[detection]") {
  any_port port;
  port.listen();
  for (const std::string_view text :
       {"SSH-2.0-OpenSSH_9\r\n", "EHLO x\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GETTING",
        "\x16\x03\x01\x02\x00", "\xff", "get / HTTP/1.1\r\n\r\n"}) {
    CAPTURE(text);
    port.refused.clear();
    const auto peer = port.place.connect();
    port.say(*peer, text);
    bool ended = false;
    CHECK(port.heard(*peer, &ended).empty());
    CHECK(ended);
    CHECK(port.place.alive() == 0);
    REQUIRE(port.refused.size() == 1);
    CHECK(port.refused[0] == errc::not_coseal);
  }
}

TEST_CASE("TLS inside of TLS is not unpacked again", "[detection]") {
  any_port port;
  port.options.tls(without_first_byte);
  port.listen();
  const auto peer = port.place.connect();
  port.say(*peer, "\x16\x16");
  CHECK(port.place.alive() == 0);
  CHECK(port.refused.size() == 1);
}

TEST_CASE("whoever stops after any part of a beginning hears nothing and is gone after the handshake's time",
          "[detection]") {
  any_port port;
  port.options.tls(without_first_byte);
  port.listen();
  const std::string hello("\0\0\0\x9c\1\0\0\0coseal\1", 15);
  std::vector<std::unique_ptr<duplex_carrier>> peers;
  for (const std::string& all :
       {std::string(upgrade_text), hello, std::string("POST /x HTTP/1.1\r\nHost: h\r\n")})
    for (std::size_t n = 0; n < all.size(); ++n) {
      peers.push_back(port.place.connect("s" + std::to_string(peers.size())));
      port.say(*peers.back(), all.substr(0, n));
    }
  CHECK(port.place.alive() == peers.size());
  port.pass(9s);
  CHECK(port.place.alive() == peers.size());
  port.pass(1001ms);
  CHECK(port.place.alive() == 0);
  for (const auto& peer : peers) {
    bool ended = false;
    CHECK(port.heard(*peer, &ended).empty());
    CHECK(ended);
  }
  for (const auto& error : port.refused) CHECK(error == errc::handshake_timed_out);
}

TEST_CASE("dripping bytes does not stretch the time of a beginning", "[detection]") {
  any_port port;
  port.listen();
  const auto peer = port.place.connect();
  std::size_t at = 0;
  for (; at < upgrade_text.size() && port.place.alive() == 1; ++at) {
    port.say(*peer, upgrade_text.substr(at, 1));
    port.pass(500ms);
  }
  CHECK(at == 20);
}

TEST_CASE("ten thousand connections that say nothing, or half of something, are bounded", "[detection]") {
  any_port port;
  port.listen();
  std::vector<std::unique_ptr<duplex_carrier>> flood;
  std::size_t most = 0;
  for (std::size_t i = 0; i < 10'000; ++i) {
    flood.push_back(port.place.connect("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)));
    if (i % 3 != 0) port.say(*flood.back(), i % 3 == 1 ? "GE" : "GET / HTTP/1.1\r\n");
    port.settle();
    most = std::max(most, port.place.alive());
  }
  CHECK(most <= 512 + 256 + 1);
  for (const auto& error : port.refused) REQUIRE(error == errc::busy);
  for (const auto& each : flood) REQUIRE(port.heard(*each).empty());
  port.pass(11s);
  CHECK(port.place.alive() == 0);
  CHECK(!visit(port, "stream"));
  CHECK(port.next());
}

TEST_CASE("busy is said in the language of the peer", "[detection]") {
  any_port port;
  port.accepting.half_open(1, 1);
  port.listen();
  const auto first = port.place.connect("10.0.0.1");
  port.settle();
  CHECK(visit(port, GENERATE("stream", "ws"), {}, {}, "10.0.0.2") == errc::busy);
}

TEST_CASE("a carrier that is closed before it is decided ends its waits, and decides nothing after",
          "[detection]") {
  any_port port;
  port.listen();
  const auto peer = port.place.connect();
  port.say(*peer, "GE");
  port.open->close();
  port.settle();
  CHECK(port.place.alive() == 0);
  bool ended = false;
  CHECK(port.heard(*peer, &ended).empty());
  CHECK(ended);
}

TEST_CASE("one TCP port serves records and WebSocket over real sockets", "[detection][sockets]") {
  asio::io_context io{1};
  endpoint backend(coseal::coordinate("backend", "main"), memory_storage());
  endpoint frontend(coseal::coordinate("frontend", "one"), memory_storage());
  listener open(io.get_executor(), backend, listen_any("127.0.0.1:0"));
  const std::string where = open.address();
  REQUIRE(where.starts_with("tcp://"));
  const std::vector<std::string> ways{where, "ws" + where.substr(3)};
  std::vector<std::string> met;
  std::exception_ptr failure;
  const script serve = [&]() -> task<void> {
    for (std::size_t i = 0; i < ways.size() * every_level.size(); ++i) {
      session one = co_await open.accept();
      met.push_back(one.info().carrier + " " + std::string(to_string(one.info().level)));
      const auto got = co_await one.receive();
      co_await one.send(got.bytes());
      co_await one.close();
    }
    open.close();
  };
  const script ask = [&]() -> task<void> {
    for (const auto level : every_level)  // upwards, as the ledger wants it
      for (const auto& way : ways) {
        connect_options wanted;
        wanted.peer(coseal::coordinate("backend")).level(level);
        auto over = transport_from(way);
        session one = co_await connect_session(frontend, *std::move(over), wanted);
        const auto frame = pattern(5000);
        co_await one.send(frame);
        const auto back = co_await one.receive();
        CHECK(same(back.bytes(), frame));
        co_await one.close();
      }
  };
  const auto note = [&](std::exception_ptr e) {
    if (e && !failure) failure = e;
  };
  asio::co_spawn(io, serve(), note);
  asio::co_spawn(io, ask(), note);
  io.run_for(30s);
  if (failure) std::rethrow_exception(failure);
  CHECK(met == std::vector<std::string>{"tcp none", "ws none", "tcp authenticated", "ws authenticated",
                                        "tcp encrypted", "ws encrypted"});
}

}  // namespace coseal::test
