// One channel over real sockets, in real time: each carrier reaches the same handlers.

#include "channel/scene.hpp"
#include "support/temporary_directory.hpp"
#if defined(COSEAL_TEST_TLS)
#include "tls/certificates.hpp"

#include <coseal/tls.hpp>
#endif

#include <coseal/listen_any.hpp>

#include <asio/co_spawn.hpp>

#include <exception>

namespace coseal::test {
namespace {

/// A server on loopback and one client of it after the other, on one thread.
struct socket_scene {
  asio::io_context io{1};
  runtime backend{io.get_executor(), coordinate("backend", "main"), memory_storage()};
  runtime frontend{io.get_executor(), coordinate("frontend", "one"), memory_storage()};
  std::string carrier_seen;
  std::vector<channel_state> states;
  server served;

  void serve(std::vector<listen_address> places) {
    serve_options options;
    options.carriers = std::move(places);
    options.handlers = {handle<greet>([this](greet in, context& where) -> task<std::string> {
      carrier_seen = where.peer().carrier();
      CHECK(where.caller() == coordinate("frontend", "one"));
      CHECK(where.level() == security_level::encrypted);
      co_return "hello " + in.name;
    })};
    served = serve_channel(backend, test_channel(), std::move(options));
  }
  client to(const std::vector<std::string>& addresses) {
    client_options options;
    options.peer = coordinate("backend");
    options.allow_exchange = true;
    options.on_state = [this](const channel_state& state) { states.push_back(state); };
    for (const auto& each : addresses)
      options.transports.push_back(transport_from(each, {}, trusted()).value());
    return connect_channel(frontend, test_channel(), std::move(options));
  }
#if defined(COSEAL_TEST_TLS)
  static tls_options trusted() {
    return certificates::client();
  }
#else
  static tls_options trusted() {
    return {};
  }
#endif
  void run(task<void> work) {
    std::exception_ptr failure;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr e) {
      failure = e;
      io.stop();
    });
    io.restart();
    io.run();
    if (failure) std::rethrow_exception(failure);
  }
};

task<void> greet_by(client caller, bool pushes) {
  const auto got = co_await caller.call<greet>("Ada", within(60s));
  CHECK(got == "hello Ada");
  const auto again = co_await caller.try_call<count_to>(1u, 1u);
  CHECK(again.error() ==
        (pushes ? make_error_code(call_errc::no_handler) : make_error_code(errc::needs_duplex)));
  co_await caller.close();
}

}  // namespace

TEST_CASE("every carrier of one server brings calls to the same handlers", "[channel][http][sockets]") {
  socket_scene s;
  const temporary_directory directory;
  const std::string path = (directory.path() / "door").string();
  listen_any_options options;
  std::vector<std::pair<std::string, std::string>> schemes{
      {"tcp://", "tcp"}, {"ws://", "ws"}, {"http://", "http"}};
#if defined(COSEAL_TEST_TLS)
  options.tls(terminate_tls(certificates::server()));
  schemes.insert(schemes.end(), {{"tls://", "tls"}, {"wss://", "wss"}, {"https://", "http"}});
#endif
  s.serve({listen_any("127.0.0.1:0", options), listen_unix(path)});
  const std::string port = s.served.addresses()[0].substr(std::string_view("tcp://").size());
  for (const auto& [scheme, kind] : schemes) {
    s.run(greet_by(s.to({scheme + port}), scheme.substr(0, 4) != "http"));
    CAPTURE(scheme);
    CHECK(s.carrier_seen == kind);
  }
  s.run(greet_by(s.to({"unix:" + path}), true));
  CHECK(s.carrier_seen == "unix");
}

TEST_CASE("a place of HTTP alone has an address that leads to it", "[channel][http][sockets]") {
  socket_scene s;
  std::vector<listen_address> places{listen_address_from("http://127.0.0.1:0").value()};
#if defined(COSEAL_TEST_TLS)
  places.push_back(listen_address_from("https://127.0.0.1:0", {}, certificates::server()).value());
#endif
  s.serve(std::move(places));
  for (const auto& address : s.served.addresses()) {
    CAPTURE(address);
    CHECK(address.starts_with("http"));
    s.run(greet_by(s.to({address}), false));
  }
}

TEST_CASE("where WebSockets are refused a client goes by HTTP", "[channel][http][sockets]") {
  socket_scene s;
  s.serve({listen_http("127.0.0.1:0")});  // answers an upgrade as a proxy that wants none
  const std::string port = s.served.addresses()[0].substr(std::string_view("http://").size());
  s.run(greet_by(s.to({"ws://" + port, "http://" + port}), false));
  REQUIRE(s.states.size() >= 2);
  CHECK(s.states[1].exchange);
  CHECK(s.states[1].fallback);
  CHECK(s.states[1].why == errc::upgrade_refused);
  CHECK(s.carrier_seen == "http");
}

}  // namespace coseal::test
