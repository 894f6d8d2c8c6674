// exchange-server SOCKET STORE: one process of a backend that answers calls on a Unix socket with what they
// bring. All processes share the identity and the memory of requests in STORE, and nothing else. SIGTERM
// drains it.

#include <coseal/exchange.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>

using namespace coseal;

namespace {

task<std::vector<std::byte>> echo(exchange_request asked) {
  co_return std::move(asked.body);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) throw std::invalid_argument("usage: exchange-server SOCKET STORE");
  const auto store = file_storage(argv[2]);
  asio::io_context io{1};
  exchange_server_options options;
  options.on_refused([](std::error_code, const std::string&, const std::string& why) {
    std::fprintf(stderr, "refused: %s\n", why.c_str());
  });
  exchange_server server(endpoint(coordinate("backend"), store), echo, options);
  exchange_listener listener(io.get_executor(), server, listen_unix(argv[1]));
  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](std::error_code error, int) {
    if (!error) listener.drain();
  });
  asio::co_spawn(io, listener.serve(), [&](std::exception_ptr failure) {
    signals.cancel();
    if (failure) std::rethrow_exception(failure);
  });
  std::printf("listening\n");
  std::fflush(stdout);
  io.run();
  return 0;
} catch (const std::exception& failed) {
  std::fprintf(stderr, "exchange-server: %s\n", failed.what());
  return 1;
}
