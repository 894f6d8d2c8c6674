// http-echo --listen HOST:PORT [--host NAME]... [--origin ORIGIN]... [--most-body BYTES]
// [--cert FILE --key FILE]: answers each
// request with its body, or with its target when it has none. Says on a line of its own where it listens;
// SIGTERM drains it.

#include "http/server.hpp"

#if defined(COSEAL_HAVE_TLS)
#include <coseal/tls.hpp>
#endif

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <string>

using namespace coseal;

namespace {

task<http::response> echo(http::request asked) {
  if (asked.body.empty())
    co_return http::response(200, "text/plain", std::as_bytes(std::span(asked.head.target)));
  const std::string* const type = asked.head.find("Content-Type");
  co_return http::response(200, type != nullptr ? *type : "application/octet-stream", asked.body);
}

struct arguments {
  std::string listen;
  tls_server_options tls;
  http::server_options options;

  listen_address place() const {
#if defined(COSEAL_HAVE_TLS)
    if (!tls.certificate_file.empty()) return listen_tls(listen, tls);
#endif
    return listen_tcp(listen);
  }
};

arguments read_arguments(int argc, char** argv) {
  arguments read;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--listen")
      read.listen = value;
    else if (name == "--host")
      read.options.hosts.push_back(value);
    else if (name == "--origin")
      read.options.origins.push_back(value);
    else if (name == "--cert")
      read.tls.certificate_file = value;
    else if (name == "--key")
      read.tls.key_file = value;
    else if (name == "--most-body")
      read.options.body.bytes = std::stoull(value);
    else
      throw std::invalid_argument("unknown option " + name);
  }
  if (read.listen.empty() || argc % 2 == 0)
    throw std::invalid_argument("usage: http-echo --listen HOST:PORT");
  return read;
}

}  // namespace

int main(int argc, char** argv) try {
  arguments given = read_arguments(argc, argv);
  asio::io_context io{1};
  auto bound = given.place().open(io.get_executor()).value();
  const auto server =
      std::make_shared<http::server>(io.get_executor(), std::move(bound), echo, std::move(given.options));
  asio::signal_set stop(io, SIGINT, SIGTERM);
  stop.async_wait([&](std::error_code error, int) {
    if (!error) server->drain();
  });
  std::exception_ptr failure;
  asio::co_spawn(io, server->serve(), [&](std::exception_ptr thrown) {
    failure = thrown;
    stop.cancel();
  });
  const std::string address = server->address();
  std::cout << "listening on " << (address.starts_with("tls") ? "https" : "http") << address.substr(3)
            << std::endl;
  io.run();
  if (failure) std::rethrow_exception(failure);
} catch (const std::exception& failure) {
  std::cerr << "http-echo: " << failure.what() << '\n';
  return 2;
}
