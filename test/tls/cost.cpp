// What TLS costs, printed: `test-tls "[cost]"`. Hidden, since a figure is no pass or fail.

#include "support/catch.hpp"
#include "tls/tls_pair.hpp"

#include <chrono>
#include <iostream>
#include <time.h>

using namespace coseal;
using namespace coseal::test;

namespace {

/// The processor time of this thread: other programs do not count.
struct cost_clock {
  using duration = std::chrono::nanoseconds;
  static duration now() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }
};

double microseconds(cost_clock::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

void hand_over(tls::engine& from, tls::engine& to) {
  while (!from.outgoing().empty()) {
    const auto room = to.room();
    const std::size_t n = std::min(room.size(), from.outgoing().size());
    std::copy_n(from.outgoing().begin(), n, room.begin());
    from.sent(n);
    to.received(n);
  }
}

}  // namespace

TEST_CASE("the cost of a handshake and of a byte", "[.][cost]") {
  constexpr int handshakes = 50;
  constexpr std::size_t megabytes = 64;
  const auto serving = tls::context::for_server(certificates::server()).value();
  const auto trusting = tls::context::for_client(certificates::client()).value();
  cost_clock::duration of_server{}, of_client{};
  std::error_code error;
  std::unique_ptr<tls::engine> client, server;
  for (int i = 0; i < handshakes; ++i) {
    client = tls::engine::for_client(trusting, "localhost", certificate_check::required);
    const auto begin = cost_clock::now();
    server = tls::engine::for_server(serving);
    of_server += cost_clock::now() - begin;
    while (!server->established() || !client->established()) {
      const auto start = cost_clock::now();
      client->read({}, error);
      const auto middle = cost_clock::now();
      hand_over(*client, *server);
      const auto other = cost_clock::now();
      server->read({}, error);
      of_server += cost_clock::now() - other;
      of_client += middle - start;
      hand_over(*server, *client);
    }
  }
  std::cout << "handshake: server " << microseconds(of_server) / handshakes << " us, client "
            << microseconds(of_client) / handshakes << " us\n";

  std::vector<std::byte> block(tls::engine::largest_write), got(block.size());
  const asio::const_buffer piece(block.data(), block.size());
  cost_clock::duration sealing{}, opening{};
  for (std::size_t sent = 0; sent < megabytes << 20; sent += block.size()) {
    const auto start = cost_clock::now();
    REQUIRE(client->write(std::span(&piece, 1), error) == block.size());
    sealing += cost_clock::now() - start;
    while (!client->outgoing().empty()) {
      const auto room = server->room();
      const std::size_t n = std::min(room.size(), client->outgoing().size());
      std::copy_n(client->outgoing().begin(), n, room.begin());
      client->sent(n);
      server->received(n);
      const auto open = cost_clock::now();
      server->read(got, error);
      opening += cost_clock::now() - open;
    }
  }
  std::cout << "MB/s: sealing " << static_cast<double>(megabytes << 20) / microseconds(sealing)
            << ", opening " << static_cast<double>(megabytes << 20) / microseconds(opening) << '\n';
}
