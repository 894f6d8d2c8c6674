// exchange-calls SOCKET CLIENTS CALLS: so many clients, each a peer of its own, share so many calls to the
// backend behind SOCKET. Each call says whether it may run twice; one in 16 may not. Prints how they ended.
// Fails if an answer is not the one to its question, or a call has no outcome. "half" on standard output says
// that half of them are done.

#include <coseal/exchange.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace coseal;

namespace {

struct tally {
  std::size_t calls = 0;
  std::size_t next = 0;
  std::size_t done = 0;
  std::array<std::size_t, 4> outcomes{};
  std::size_t once_answered = 0, once_unknown = 0;
  std::size_t wrong = 0;
  std::uint64_t handshakes = 0;
  std::vector<double> first_ms;
};

task<void> call_on(exchange_client client, tally& all) {
  bool first = true;
  while (all.next < all.calls) {
    const std::size_t number = all.next++;
    const std::string text = "call " + std::to_string(number) + std::string(number % 500, '.');
    const auto bytes = std::as_bytes(std::span(text));
    const std::vector<std::byte> body(bytes.begin(), bytes.end());
    const bool once = number % 16 == 5;
    exchange_call_options options;
    options.idempotent(!once).within(std::chrono::seconds(20));
    const auto begin = std::chrono::steady_clock::now();
    const exchange_reply reply = co_await client.call(body, options);
    if (std::exchange(first, false))
      all.first_ms.push_back(
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    ++all.outcomes[static_cast<std::size_t>(reply.outcome)];
    if (once) ++(reply ? all.once_answered : all.once_unknown);
    if (reply && reply.body != body) ++all.wrong;
    if (!reply && !once) std::fprintf(stderr, "%s\n", reply.explanation.c_str());
    if (++all.done == all.calls / 2) {
      std::printf("half\n");
      std::fflush(stdout);
    }
  }
  all.handshakes += client.info().handshakes;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4) throw std::invalid_argument("usage: exchange-calls SOCKET CLIENTS CALLS");
  asio::io_context io{1};
  tally all;
  all.calls = std::stoull(argv[3]);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < std::stoi(argv[2]); ++i) {
    exchange_connect_options options;
    options.peer(coordinate("backend"))
        .level(i % 2 == 0 ? security_level::encrypted : security_level::authenticated);
    exchange_client client(io.get_executor(), endpoint(coordinate("frontend"), memory_storage()),
                           http_target(unix_socket(argv[1]), "http://backend/calls"), options);
    asio::co_spawn(io, call_on(std::move(client), all), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }
  io.run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::sort(all.first_ms.begin(), all.first_ms.end());
  const auto of = [&](exchange_outcome outcome) { return all.outcomes[static_cast<std::size_t>(outcome)]; };
  std::printf(
      "calls %zu answered %zu refused %zu not_sent %zu unknown %zu wrong %zu once-answered %zu once-unknown "
      "%zu "
      "handshakes %zu seconds %.2f first-call-ms %.2f\n",
      all.calls, of(exchange_outcome::answered), of(exchange_outcome::refused),
      of(exchange_outcome::not_sent), of(exchange_outcome::unknown), all.wrong, all.once_answered,
      all.once_unknown, static_cast<std::size_t>(all.handshakes), took.count(),
      all.first_ms.empty() ? 0.0 : all.first_ms[all.first_ms.size() / 2]);
  const std::size_t ended = all.outcomes[0] + all.outcomes[1] + all.outcomes[2] + all.outcomes[3];
  return all.wrong == 0 && ended == all.calls ? 0 : 1;
} catch (const std::exception& failed) {
  std::fprintf(stderr, "exchange-calls: %s\n", failed.what());
  return 1;
}
