// tls_stream and listen_tls over loopback, as programs use them.

#include "support/catch.hpp"
#include "tls/error.hpp"
#include "tls/tls_pair.hpp"

#include <coseal/tls.hpp>

using namespace coseal;
using namespace coseal::test;

namespace {

/// A listener, and one acceptance of it that shakes hands as a session does: by reading.
struct tls_listening {
  asio::io_context io;
  std::unique_ptr<acceptor> open;
  std::optional<opened_carrier> accepted;
  std::error_code of_server = asio::error::would_block;
  std::string got;

  explicit tls_listening(const std::string& certificate = "server")
      : open(listen(io, listen_tls("127.0.0.1:0", certificates::server(certificate)))) {
    start(io, open->accept(), [this](opened_carrier made) {
      accepted.emplace(std::move(made));
      auto observer = std::make_shared<reader>();
      observer->owner = this;
      observer->on_readable({});
    });
  }
  std::string address() const { return open->address(); }

 private:
  struct reader final : carrier_observer, std::enable_shared_from_this<reader> {
    tls_listening* owner = nullptr;
    void on_readable(std::error_code) noexcept override {
      auto& from = **owner->accepted.value();
      owner->of_server.clear();
      while (!owner->of_server) owner->got += test::read(from, owner->of_server);
      if (owner->of_server == asio::error::would_block) from.wait_readable(shared_from_this());
    }
    void on_writable(std::error_code) noexcept override {}
  };
};

}  // namespace

TEST_CASE("a client reaches a listener by its address", "[tls][sockets]") {
  tls_listening server;
  CHECK(server.address().starts_with("tls://127.0.0.1:"));
  auto client = open(server.io, tls_stream(server.address(), certificates::client()));
  REQUIRE(client);
  CHECK((*client)->kind() == "tls");
  CHECK((*client)->peer_address() == server.address().substr(6));
  CHECK(write(**client, "hello") == 5);
  (*client)->close();
  server.io.restart();
  server.io.run();
  CHECK(server.got == "hello");
  CHECK(server.of_server == asio::error::eof);
  CHECK(server.accepted.value().value()->source() == "127.0.0.1");
}

TEST_CASE("an open that is refused says why, and the listener hears it", "[tls][sockets]") {
  tls_listening server("strangers");
  const auto client = open(server.io, tls_stream(server.address(), certificates::client()));
  CHECK(client.error() == errc::certificate_not_trusted);
  server.io.restart();
  server.io.run();
  CHECK(server.of_server.category() == tls::category());
  CHECK(server.of_server == condition::refused);
}

TEST_CASE("a server that says nothing costs the deadline of the open", "[tls][sockets]") {
  asio::io_context io;
  const auto silent = listen(io, listen_tcp("127.0.0.1:0"));
  const auto where = tls_stream(silent->address().substr(6), certificates::client());
  operation_options soon;
  soon.within(std::chrono::milliseconds(50));
  CHECK(open(io, where, soon).error() == errc::timed_out);

  std::stop_source stop;
  operation_options until;
  until.stop(stop.get_token());
  asio::post(io, [&] { stop.request_stop(); });
  CHECK(open(io, where, until).error() == errc::cancelled);
}

TEST_CASE("a server without TLS is no TLS server", "[tls][sockets]") {
  asio::io_context io;
  const auto plain = listen(io, listen_tcp("127.0.0.1:0"));
  std::optional<opened_carrier> accepted;
  start(io, plain->accept(), [&](opened_carrier made) {
    accepted.emplace(std::move(made));
    test::write(**accepted.value(), "HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  const auto opened = open(io, tls_stream(plain->address().substr(6), certificates::client()));
  CHECK(opened.error().category() == tls::category());
}
