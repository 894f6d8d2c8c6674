#include "carrier/carriers.hpp"
#include "carrier/sockets.hpp"
#include "support/catch.hpp"

#include <asio/executor_work_guard.hpp>

#include <atomic>
#include <deque>
#include <thread>

using namespace coseal;
using namespace coseal::test;

namespace {

struct tcp_test {
  asio::io_context io;
  std::unique_ptr<acceptor> listening;
  connected_pair pair;

  explicit tcp_test(const std::string& address = "127.0.0.1:0")
      : listening(listen(io, listen_tcp(address))), pair(connect(io, *listening)) {}
};

std::vector<std::string> loopback_addresses() {
  std::vector<std::string> out = {"127.0.0.1:0"};
  if (has_ipv6()) out.emplace_back("[::1]:0");
  return out;
}

}  // namespace

TEST_CASE("TCP carries bytes both ways over the loopback", "[carrier]") {
  for (const auto& address : loopback_addresses()) {
    CAPTURE(address);
    tcp_test t(address);
    CHECK(read_error(*t.pair.acceptor) == asio::error::would_block);
    write(*t.pair.connector, "hello");
    CHECK(read_all(t.io, *t.pair.acceptor, 5) == "hello");
    write(*t.pair.acceptor, "back");
    CHECK(read_all(t.io, *t.pair.connector, 4) == "back");
    CHECK(t.pair.connector->kind() == "tcp");
    CHECK("tcp://" + t.pair.connector->peer_address() == t.listening->address());
    CHECK(t.pair.acceptor->source() == (address[0] == '[' ? "::/64" : "127.0.0.1"));
    CHECK(t.pair.connector->executor() == t.io.get_executor());
  }
}

TEST_CASE("what the peer shut down can be read to its end, and answered", "[carrier]") {
  tcp_test t;
  write(*t.pair.connector, "last words");
  t.pair.connector->shutdown_send();
  CHECK(read_all(t.io, *t.pair.acceptor, 100) == "last words");
  CHECK(read_error(*t.pair.acceptor) == asio::error::eof);
  write(*t.pair.acceptor, "understood");
  CHECK(read_all(t.io, *t.pair.connector, 10) == "understood");
}

TEST_CASE("many buffers go in one write, in order", "[carrier]") {
  tcp_test t;
  for (const std::size_t count : {1, 17, 65, 900, 1000}) {
    std::deque<std::string> texts;
    std::vector<asio::const_buffer> pieces;
    std::string expected;
    for (std::size_t i = 0; i < count; ++i) {
      texts.push_back(std::to_string(i) + ",");
      pieces.push_back(asio::buffer(texts.back()));
      expected += texts.back();
    }
    std::error_code error;
    CHECK(t.pair.connector->try_write_some(pieces, error) == expected.size());
    CHECK(read_all(t.io, *t.pair.acceptor, expected.size()) == expected);
  }
}

TEST_CASE("a socket that is full says so and tells when it is not", "[carrier]") {
  tcp_test t;
  const std::string block(256 * 1024, 'x');
  std::size_t sent = 0;
  std::error_code error;
  while (!error) sent += write(*t.pair.connector, block, error);
  REQUIRE(error == asio::error::would_block);
  const auto observer = std::make_shared<told_observer>();
  t.pair.connector->wait_writable(observer);
  t.io.restart();
  t.io.poll();
  CHECK(observer->writable.empty());
  CHECK(read_all(t.io, *t.pair.acceptor, sent).size() == sent);
  t.io.restart();
  while (observer->writable.empty()) t.io.run_one();
  CHECK(observer->writable == std::vector<std::error_code>{{}});
  CHECK(write(*t.pair.connector, "more") == 4);
}

TEST_CASE("close ends waits with operation_aborted", "[carrier]") {
  tcp_test t;
  const auto observer = std::make_shared<told_observer>();
  t.pair.connector->wait_readable(observer);
  t.io.restart();
  t.io.poll();
  REQUIRE(observer->readable.empty());
  t.pair.connector->close();
  CHECK(observer->readable.empty());  // from the executor
  t.io.restart();
  t.io.run();
  CHECK(observer->readable == std::vector<std::error_code>{asio::error::operation_aborted});
  std::error_code error;
  write(*t.pair.connector, "x", error);
  CHECK(error == condition::transport);
  CHECK(read_all(t.io, *t.pair.acceptor, 1).empty());
  CHECK(read_error(*t.pair.acceptor) == asio::error::eof);
}

TEST_CASE("close may come from another thread while a read waits or runs", "[carrier]") {
  tcp_test t;
  const auto observer = std::make_shared<told_observer>();
  t.pair.connector->wait_readable(observer);
  auto work = asio::make_work_guard(t.io);
  t.io.restart();
  std::thread loop([&] { t.io.run(); });
  std::atomic<bool> reading{false};
  std::error_code last;
  std::thread reader([&] {
    do {
      read(*t.pair.connector, last, 10);
      reading = true;
    } while (last == asio::error::would_block);
  });
  while (!reading) std::this_thread::yield();
  t.pair.connector->close();
  reader.join();
  work.reset();
  loop.join();
  CHECK(last == asio::error::eof);
  CHECK(observer->readable.size() == 1);
}

TEST_CASE("a reset by the peer is a failure of the transport", "[carrier]") {
  tcp_test t;
  raw_socket peer = raw_socket::connected_to(t.listening->address());
  std::optional<opened_carrier> accepted;
  start(t.io, t.listening->accept(), [&](opened_carrier made) { accepted.emplace(std::move(made)); });
  const carrier_ptr ours = run_for(t.io, accepted).value();
  peer.reset_connection();
  const auto observer = std::make_shared<told_observer>();
  ours->wait_readable(observer);
  t.io.restart();
  while (observer->readable.empty()) t.io.run_one();
  const auto error = read_error(*ours);
  CHECK(error == asio::error::connection_reset);
  CHECK(error == condition::transport);
}

TEST_CASE("an acceptor says its port and stops when closed", "[carrier]") {
  asio::io_context io;
  const auto listening = listen(io, listen_tcp("127.0.0.1:0"));
  CHECK(listening->address().starts_with("tcp://127.0.0.1:"));
  CHECK_FALSE(listening->address().ends_with(":0"));
  std::optional<opened_carrier> accepted;
  start(io, listening->accept(), [&](opened_carrier made) { accepted.emplace(std::move(made)); });
  io.poll();
  const auto address = listening->address();
  listening->close();
  CHECK(run_for(io, accepted).error() == errc::cancelled);
  accepted.reset();
  start(io, listening->accept(), [&](opened_carrier made) { accepted.emplace(std::move(made)); });
  CHECK(run_for(io, accepted).error() == errc::cancelled);
  CHECK(open(io, transport_from(address).value()).error() == asio::error::connection_refused);
}

TEST_CASE("an acceptor may go while it accepts", "[carrier]") {
  asio::io_context io;
  auto listening = listen(io, listen_tcp("127.0.0.1:0"));
  std::optional<opened_carrier> accepted;
  start(io, listening->accept(), [&](opened_carrier made) { accepted.emplace(std::move(made)); });
  io.poll();
  listening.reset();
  CHECK(run_for(io, accepted).error() == errc::cancelled);
}

TEST_CASE("a port is shared only by those who both say so", "[carrier]") {
  asio::io_context io;
  const auto alone = listen(io, listen_tcp("127.0.0.1:0"));
  const auto same = listen_address_from(alone->address()).value();
  CHECK(same.open(io.get_executor()).error() == asio::error::address_in_use);
  const auto first = listen(io, listen_tcp("127.0.0.1:0", port_sharing::reuse_port));
  const auto text = first->address().substr(6);
  CHECK(listen_tcp(text, port_sharing::reuse_port).open(io.get_executor()));
  CHECK(listen_tcp(text).open(io.get_executor()).error() == asio::error::address_in_use);
}

TEST_CASE("socket options reach the socket or are an error", "[carrier]") {
  asio::io_context io;
  const auto listening = listen(io, listen_tcp("127.0.0.1:0"));
  const auto text = listening->address().substr(6);
  socket_options options;
  options.congestion_control = "reno";  // every kernel has it
  options.send_buffer = 32 * 1024;
  options.receive_buffer = 32 * 1024;
  CHECK(open(io, tcp(text, options)));
  options.congestion_control = "no such algorithm";
  CHECK_FALSE(open(io, tcp(text, options)));
  CHECK_FALSE(listen_tcp("127.0.0.1:0", port_sharing::exclusive, options).open(io.get_executor()));
}
