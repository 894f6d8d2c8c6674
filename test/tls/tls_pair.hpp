#pragma once

#include "carrier/carriers.hpp"
#include "tls/certificates.hpp"
#include "tls/tls_carrier.hpp"

#include <asio/io_context.hpp>

#include <memory>
#include <string>

namespace coseal::test {

/// Two ends of TLS on a memory pair.
struct tls_pair {
  asio::io_context io;
  std::unique_ptr<tls::tls_carrier> client, server;

  struct setup {
    std::string host = "localhost";
    tls_options trusting = certificates::client();
    tls_server_options showing = certificates::server();
    memory_knobs to_server, to_client;
  };

  tls_pair() : tls_pair(setup()) {}
  explicit tls_pair(const setup& s) {
    auto [one, other] = memory_pair(io.get_executor(), io.get_executor(), s.to_server, s.to_client);
    client = std::make_unique<tls::tls_carrier>(
        std::move(one),
        tls::engine::for_client(tls::context::for_client(s.trusting).value(), s.host, s.trusting.check));
    server = std::make_unique<tls::tls_carrier>(
        std::move(other), tls::engine::for_server(tls::context::for_server(s.showing).value()));
  }

  /// Reads nothing at each end in turn until neither gets further; what each then says.
  std::pair<std::error_code, std::error_code> shake_hands() {
    std::error_code of_client, of_server;
    for (int turn = 0; turn < 100; ++turn) {
      of_client = step(*client, of_client);
      of_server = step(*server, of_server);
      io.restart();
      if (io.poll() == 0 && of_client != asio::error::would_block && of_server != asio::error::would_block)
        break;
    }
    return {of_client, of_server};
  }

 private:
  /// A failure is told once.
  static std::error_code step(duplex_carrier& end, std::error_code before) {
    if (before && before != asio::error::would_block) return before;
    std::error_code error;
    end.try_read_some({}, error);
    return error;
  }
};

}  // namespace coseal::test
