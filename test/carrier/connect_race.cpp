#include "carrier/connect_race.hpp"

#include "carrier/carriers.hpp"
#include "carrier/sockets.hpp"
#include "support/catch.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>

#include <chrono>

using namespace coseal;
using namespace coseal::test;
using namespace std::chrono_literals;

namespace {

using raced = result<connected_socket>;

/// The outcome, and what is left to do after it: nothing may keep the loop alive.
raced race_on(asio::io_context& io, const std::string& where, operation_options options = {}) {
  std::optional<raced> outcome;
  const auto parsed = host_and_port::parse(where).value();
  start(io, connect_race(io.get_executor(), parsed, std::move(options)),
        [&](raced made) { outcome.emplace(std::move(made)); });
  io.restart();
  io.run();
  return std::move(outcome).value();
}

std::string at(const std::string& host, const raw_socket& socket) {
  return host + ":" + std::to_string(socket.port());
}

/// What "localhost" means on this machine.
bool localhost_has_both() {
  asio::io_context io;
  asio::ip::tcp::resolver resolver(io);
  std::error_code error;
  bool v4 = false, v6 = false;
  for (const auto& each : resolver.resolve("localhost", "1", error))
    (each.endpoint().address().is_v6() ? v6 : v4) = true;
  return v4 && v6 && has_ipv6();
}

}  // namespace

TEST_CASE("a name is reached by whichever family listens", "[carrier]") {
  asio::io_context io;
  std::vector<std::string> hosts = {"127.0.0.1"};
  if (localhost_has_both()) hosts.emplace_back("::1");
  for (const auto& host : hosts) {
    const auto listening = raw_socket::bound(host);
    listening.listen(4);
    const auto reached = race_on(io, at("localhost", listening));
    REQUIRE(reached);
    CHECK(reached->remote_endpoint().address() == asio::ip::make_address(host));
    CHECK(reached->remote_endpoint().port() == listening.port());
  }
}

TEST_CASE("a refused port gives the system's error at once", "[carrier]") {
  asio::io_context io;
  const auto not_listening = raw_socket::bound("127.0.0.1");
  for (const std::string host : {"127.0.0.1", "localhost"}) {
    const auto error = race_on(io, at(host, not_listening)).error();
    CHECK(error == asio::error::connection_refused);
    CHECK(error == condition::transport);
  }
}

TEST_CASE("a connect that hangs ends at its deadline", "[carrier]") {
  asio::io_context io;
  const auto full = raw_socket::bound("127.0.0.1");
  const auto held = full.listen_full();
  const auto start_time = std::chrono::steady_clock::now();
  CHECK(race_on(io, at("127.0.0.1", full), within(30ms)).error() == errc::timed_out);
  CHECK(std::chrono::steady_clock::now() - start_time >= 30ms);
}

TEST_CASE("a stop token ends a connect at once and leaves nothing running", "[carrier]") {
  asio::io_context io;
  const auto full = raw_socket::bound("127.0.0.1");
  const auto held = full.listen_full();
  for (const bool before : {true, false}) {
    CAPTURE(before);
    std::stop_source stop;
    auto options = stop_on(stop.get_token());
    options.within(1h);  // a timer left behind would hold the loop for it
    if (before) {
      stop.request_stop();
    } else {
      // Requested when the connect is under way: it was posted first.
      asio::post(io, [&] { asio::post(io, [&] { asio::post(io, [&] { stop.request_stop(); }); }); });
    }
    CHECK(race_on(io, at("127.0.0.1", full), options).error() == errc::cancelled);
  }
}

TEST_CASE("a cancellation signal ends a connect at once", "[carrier]") {
  asio::io_context io;
  const auto full = raw_socket::bound("127.0.0.1");
  const auto held = full.listen_full();
  asio::cancellation_signal signal;
  std::optional<raced> outcome;
  auto work =
      connect_race(io.get_executor(), host_and_port::parse(at("127.0.0.1", full)).value(), within(1h));
  const auto keep = [&](raced made) { outcome.emplace(std::move(made)); };
  asio::co_spawn(io, deliver(std::move(work), keep),
                 asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr failure) {
                   if (failure) std::rethrow_exception(failure);
                 }));
  for (int i = 0; i < 10; ++i) io.poll();
  REQUIRE_FALSE(outcome);
  signal.emit(asio::cancellation_type::terminal);
  io.restart();
  io.run();
  REQUIRE(outcome);
  CHECK(outcome->error() == errc::cancelled);
}

TEST_CASE("a family that hangs is overtaken by the other", "[carrier]") {
  if (!localhost_has_both()) return;
  asio::io_context io;
  const auto slow = raw_socket::bound("::1");
  const auto held = slow.listen_full();
  const auto quick = raw_socket::bound("127.0.0.1", slow.port());
  quick.listen(4);
  const auto start_time = std::chrono::steady_clock::now();
  const auto reached = race_on(io, at("localhost", slow), within(30s));
  REQUIRE(reached);
  CHECK(reached->remote_endpoint().address().is_v4());
  CHECK(std::chrono::steady_clock::now() - start_time >= 200ms);  // IPv6 had its 250 ms
}
