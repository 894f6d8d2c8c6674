// http-get [--ca FILE] URL...: writes the bodies to stdout; of one address on one connection as long as it
// may be used again. Ends with 1 if a status was not 2xx (it stands on stderr), with 2 if there was no
// answer.

#include "http/exchange.hpp"
#include "http/url.hpp"

#if defined(COSEAL_HAVE_TLS)
#include <coseal/tls.hpp>
#endif
#include <coseal/transport.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <exception>
#include <iostream>
#include <memory>
#include <string>

using namespace coseal;

namespace {

/// At most one connection is kept.
struct kept_connection {
  std::unique_ptr<duplex_carrier> carrier;
  std::string address;
};

transport way(const http::url& url, const std::string& ca) {
#if defined(COSEAL_HAVE_TLS)
  tls_options trust;
  trust.ca_file = ca;
  if (url.secure) return tls_stream(url.address, std::move(trust));
#else
  static_cast<void>(ca);
#endif
  return tcp(url.address);
}

task<http::response> get(kept_connection& kept, std::string where, std::string ca,
                         asio::any_io_executor executor) {
  const http::url url = http::parse_url(where).value();
  if (!kept.carrier || kept.address != url.address) {
    auto opened = co_await way(url, ca).open(executor, operation_options());
    kept.carrier = std::move(opened).value();
    kept.address = url.address;
  }
  http::request asked;
  asked.head.method = "GET";
  asked.head.target = url.target;
  asked.head.fields.emplace_back("Host", url.host);
  http::exchange_options options;
  options.body.bytes = 1024 * 1024 * 1024;
  const auto time = steady_clock();
  auto answer = co_await http::exchange(*kept.carrier, *time, std::move(asked), std::move(options));
  if (!answer || !answer->head.keep_alive) kept.carrier.reset();
  co_return std::move(answer).value();
}

task<int> get_all(int count, char** urls, std::string ca, asio::any_io_executor executor) {
  kept_connection kept;
  int status = 0;
  for (int i = 0; i < count; ++i) {
    const http::response answer = co_await get(kept, urls[i], ca, executor);
    std::cout.write(reinterpret_cast<const char*>(answer.body.data()),
                    static_cast<std::streamsize>(answer.body.size()));
    if (answer.head.status / 100 == 2) continue;
    std::cerr << urls[i] << ": " << answer.head.status << ' ' << answer.head.reason << '\n';
    status = 1;
  }
  co_return status;
}

}  // namespace

int main(int argc, char** argv) try {
  std::string ca;
  if (argc > 3 && std::string(argv[1]) == "--ca") {
    ca = argv[2];
    argc -= 2;
    argv += 2;
  }
  if (argc < 2) throw std::invalid_argument("usage: http-get [--ca FILE] URL...");
  asio::io_context io{1};
  std::exception_ptr failure;
  int status = 2;
  asio::co_spawn(io, get_all(argc - 1, argv + 1, ca, io.get_executor()),
                 [&](std::exception_ptr thrown, int ended) {
                   failure = thrown;
                   status = ended;
                 });
  io.run();
  if (failure) std::rethrow_exception(failure);
  return status;
} catch (const std::exception& failure) {
  std::cerr << "http-get: " << failure.what() << '\n';
  return 2;
}
