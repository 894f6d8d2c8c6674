#include "http/exchange.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/tapped_carrier.hpp"

#include <coseal/error.hpp>
#include <coseal/exchange.hpp>
#include <coseal/pins.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace coseal;
using namespace coseal::test;
using namespace std::chrono_literals;

namespace {

using call_bytes = std::vector<std::byte>;

call_bytes call_text(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}
std::string told(const exchange_reply& reply) {
  return {reinterpret_cast<const char*>(reply.body.data()), reply.body.size()};
}

task<call_bytes> echo_call(exchange_request asked) {
  if (asked.body == call_text("throw")) throw std::runtime_error("as asked");
  co_return std::move(asked.body);
}

/// A backend on a socket of 127.0.0.1 and whoever calls it, on one thread.
struct service {
  asio::io_context io{1};
  std::shared_ptr<storage> backend_store = memory_storage();
  std::shared_ptr<storage> frontend_store = memory_storage();
  std::unique_ptr<exchange_listener> listener;
  std::size_t opened = 0;

  explicit service(exchange_server_options options = {}, exchange_handler handler = echo_call) {
    listen(std::move(options), std::move(handler), "127.0.0.1:0");
  }
  void listen(exchange_server_options options, exchange_handler handler, std::string where) {
    exchange_server server(endpoint(coordinate("backend"), backend_store), std::move(handler),
                           std::move(options));
    listener = std::make_unique<exchange_listener>(io.get_executor(), server, listen_tcp(std::move(where)));
    asio::co_spawn(io, listener->serve(), asio::detached);
  }
  std::string address() const { return listener->address().substr(sizeof "tcp://" - 1); }
  std::string url() const { return "http://" + address() + "/coseal"; }

  /// Counts the connections that it opens.
  http_target target() {
    const transport stream = tcp(address());
    return http_target(transport("counted",
                                 [this, stream](asio::any_io_executor executor, operation_options limits) {
                                   ++opened;
                                   return stream.open(std::move(executor), std::move(limits));
                                 }),
                       url());
  }
  exchange_client client(exchange_connect_options options = {}) {
    options.peer(coordinate("backend"));
    return exchange_client(io.get_executor(), endpoint(coordinate("frontend"), frontend_store), target(),
                           options);
  }
  template <typename T>
  T run(task<T> work) {
    std::optional<T> value;
    start(io, std::move(work), [&](T v) {
      value.emplace(std::move(v));
      io.stop();
    });
    io.restart();
    io.run();
    return std::move(*value);
  }
  exchange_reply call(exchange_client& by, std::string_view body, exchange_call_options options = {}) {
    return run(by.call(call_text(body), std::move(options)));
  }
  /// As a program without coseal would.
  http::response post(std::string path, std::string type, std::string_view body,
                      std::string method = "POST") {
    const auto carrier = run(tcp(address()).open(io.get_executor(), within(5s)));
    http::request asked;
    asked.head.method = std::move(method);
    asked.head.target = std::move(path);
    asked.head.fields.emplace_back("Host", address());
    if (!type.empty()) asked.head.fields.emplace_back("Content-Type", std::move(type));
    asked.body = call_text(body);
    return run(http::exchange(**carrier, *steady_clock(), std::move(asked), http::exchange_options()))
        .value();
  }
};

std::string body_of(const http::response& answer) {
  return {reinterpret_cast<const char*>(answer.body.data()), answer.body.size()};
}

/// A stream whose end is pretended once `ended` says so.
class cut_carrier final : public duplex_carrier {
 public:
  cut_carrier(std::unique_ptr<duplex_carrier> inner, std::shared_ptr<bool> ended)
      : inner_(std::move(inner)), ended_(std::move(ended)) {}

  asio::any_io_executor executor() const noexcept override { return inner_->executor(); }
  std::size_t try_read_some(std::span<std::byte> into, std::error_code& error) noexcept override {
    if (!*ended_) return inner_->try_read_some(into, error);
    error = asio::error::eof;
    return 0;
  }
  std::size_t try_write_some(std::span<const asio::const_buffer> from,
                             std::error_code& error) noexcept override {
    return inner_->try_write_some(from, error);
  }
  void wait_readable(std::shared_ptr<carrier_observer> observer) override {
    inner_->wait_readable(std::move(observer));
  }
  void wait_writable(std::shared_ptr<carrier_observer> observer) override {
    inner_->wait_writable(std::move(observer));
  }
  void shutdown_send() noexcept override { inner_->shutdown_send(); }
  void close() noexcept override { inner_->close(); }
  std::string kind() const override { return inner_->kind(); }
  std::string peer_address() const override { return inner_->peer_address(); }
  std::string source() const override { return inner_->source(); }

 private:
  std::unique_ptr<duplex_carrier> inner_;
  std::shared_ptr<bool> ended_;
};

task<result<std::unique_ptr<duplex_carrier>>> open_to_be_cut(transport stream, asio::any_io_executor executor,
                                                             operation_options limits,
                                                             std::shared_ptr<bool> ended) {
  if (*ended) co_return asio::error::connection_refused;
  auto opened = co_await stream.open(std::move(executor), std::move(limits));
  if (!opened) co_return opened.error();
  std::unique_ptr<duplex_carrier> made = std::make_unique<cut_carrier>(*std::move(opened), ended);
  co_return std::move(made);
}

}  // namespace

TEST_CASE("a call that ran and whose server then died is unknown, not unsent", "[exchange]") {
  const auto died = std::make_shared<bool>(false);
  int ran = 0;
  const auto dying = [&](exchange_request asked) -> task<call_bytes> {
    if (asked.body == call_text("die")) ++ran, *died = true;
    co_return std::move(asked.body);
  };
  service backend(exchange_server_options(), dying);
  const transport stream = tcp(backend.address());
  const transport cut("cut", [stream, died](asio::any_io_executor executor, operation_options limits) {
    return open_to_be_cut(stream, std::move(executor), std::move(limits), died);
  });
  exchange_connect_options options;
  options.peer(coordinate("backend"));
  exchange_client client(backend.io.get_executor(), endpoint(coordinate("frontend"), backend.frontend_store),
                         http_target(cut, backend.url()), options);
  REQUIRE(backend.call(client, "first"));
  const auto reply = backend.call(client, "die");
  CHECK(ran == 1);
  CHECK(reply.outcome == exchange_outcome::unknown);
}

TEST_CASE("a refusal by a second server does not prove that the first ran nothing", "[exchange]") {
  const auto died = std::make_shared<bool>(false);
  int ran = 0;
  const auto dying = [&](exchange_request asked) -> task<call_bytes> {
    if (asked.body == call_text("die")) ++ran, *died = true;
    co_return std::move(asked.body);
  };
  service backend(exchange_server_options(), dying);
  exchange_server_options strict;
  strict.minimum_level(security_level::encrypted);
  const exchange_server second(endpoint(coordinate("backend"), backend.backend_store), dying, strict);
  exchange_listener listener(backend.io.get_executor(), second, listen_tcp("127.0.0.1:0"));
  asio::co_spawn(backend.io, listener.serve(), asio::detached);

  const transport first = tcp(backend.address());
  const transport other = tcp(listener.address().substr(sizeof "tcp://" - 1));
  const transport balanced("balanced", [=](asio::any_io_executor executor, operation_options limits) {
    return *died ? other.open(std::move(executor), std::move(limits))
                 : open_to_be_cut(first, std::move(executor), std::move(limits), died);
  });
  exchange_connect_options options;
  options.peer(coordinate("backend")).level(security_level::authenticated);
  exchange_client client(backend.io.get_executor(), endpoint(coordinate("frontend"), backend.frontend_store),
                         http_target(balanced, backend.url()), options);
  REQUIRE(backend.call(client, "first"));
  exchange_call_options idempotent;
  idempotent.idempotent(true);
  const auto reply = backend.call(client, "die", idempotent);
  CHECK(ran == 1);
  CHECK(reply.error == errc::level_refused);
  CHECK(reply.outcome == exchange_outcome::unknown);
}

TEST_CASE("calls share one connection and one handshake", "[exchange]") {
  const auto level = GENERATE(security_level::authenticated, security_level::encrypted);
  service backend;
  auto client = backend.client(exchange_connect_options().level(level));
  for (int i = 0; i < 5; ++i) {
    const auto reply = backend.call(client, "call " + std::to_string(i));
    REQUIRE(reply);
    CHECK(!reply.error);
    CHECK(told(reply) == "call " + std::to_string(i));
  }
  CHECK(backend.opened == 1);
  const auto info = client.info();
  CHECK(info.handshakes == 1);
  CHECK(info.level == level);
  CHECK(info.peer.environment() == "backend");
  CHECK(info.first_contact);
  CHECK(await(list_pins(backend.frontend_store)).value().size() == 1);
  CHECK(await(list_pins(backend.backend_store)).value().size() == 1);
}

TEST_CASE("many calls at once wait for one handshake", "[exchange]") {
  service backend;
  auto client = backend.client();
  std::vector<exchange_reply> replies;
  for (int i = 0; i < 32; ++i)
    start(backend.io, client.call(call_text(std::to_string(i))), [&](exchange_reply reply) {
      replies.push_back(std::move(reply));
      if (replies.size() == 32) backend.io.stop();
    });
  backend.io.run();
  for (const auto& reply : replies) CHECK(reply);
  CHECK(client.info().handshakes == 1);
}

TEST_CASE("large bodies go both ways, and too large ones nowhere", "[exchange]") {
  service backend(exchange_server_options().max_body(300'000));
  auto client = backend.client();
  CHECK(told(backend.call(client, std::string(300'000, 'x'))).size() == 300'000);
  const auto reply = backend.call(client, std::string(300'001, 'x'));
  CHECK(reply.outcome == exchange_outcome::not_sent);
  CHECK(reply.error == errc::frame_too_large);
  auto modest = backend.client(exchange_connect_options().max_answer(1000));
  CHECK(backend.call(modest, std::string(60'000, 'x')).outcome == exchange_outcome::unknown);
}

TEST_CASE("a session goes on at a server that was started again", "[exchange]") {
  service backend;
  auto client = backend.client();
  REQUIRE(backend.call(client, "before"));
  const std::string address = backend.address();
  backend.listener->drain();
  backend.run([](asio::io_context& io) -> task<bool> {
    asio::steady_timer pause(io, 50ms);
    co_await pause.async_wait(asio::use_awaitable);
    co_return true;
  }(backend.io));
  backend.listen(exchange_server_options(), echo_call, address);
  // The new process can not know what the old one has done with it.
  const auto first = backend.call(client, "once");
  CHECK(first.outcome == exchange_outcome::unknown);
  CHECK(first.error == errc::once_not_promised);
  CHECK(backend.call(client, "again"));
  CHECK(backend.call(client, "any number of times", exchange_call_options().idempotent(true)));
  CHECK(client.info().handshakes == 1);
}

TEST_CASE("a session that the acceptor voids is made anew by the next call", "[exchange]") {
  service backend;
  auto client = backend.client();
  REQUIRE(backend.call(client, "before"));
  const std::string address = backend.address();
  // The same identity under keys that open no older token.
  backend.listener->drain();
  backend.run([](asio::io_context& io) -> task<bool> {
    asio::steady_timer pause(io, 50ms);
    co_await pause.async_wait(asio::use_awaitable);
    co_return true;
  }(backend.io));
  backend.listen(exchange_server_options().tokens(token_keys::derived_no_forward_secrecy), echo_call,
                 address);
  CHECK(backend.call(client, "idempotent", exchange_call_options().idempotent(true)));
  CHECK(client.info().handshakes == 2);
  CHECK(!client.info().first_contact);
}

TEST_CASE("what can not be trusted is not called", "[exchange]") {
  service backend;
  auto client = backend.client();
  REQUIRE(backend.call(client, "pinned"));
  service impostor;
  impostor.frontend_store = backend.frontend_store;
  auto deceived = impostor.client();
  const auto reply = impostor.call(deceived, "secret");
  CHECK(reply.outcome == exchange_outcome::not_sent);
  CHECK(reply.error == errc::key_changed);
  CHECK(reply.explanation.find("SHA256:") != std::string::npos);

  exchange_server_options nobody;
  nobody.authorise([](authorisation_request) -> task<bool> { co_return false; });
  service closed(nobody);
  auto unwanted = closed.client();
  const auto refused = closed.call(unwanted, "let me in");
  CHECK(refused.outcome == exchange_outcome::refused);
  CHECK(refused.error == errc::not_authorised);
  CHECK(await(list_pins(closed.frontend_store)).value().empty());

  CHECK_THROWS_AS(backend.client(exchange_connect_options().level(security_level::none)), coseal::error);
}

TEST_CASE("a call that fails says what is known about it", "[exchange]") {
  service backend;
  auto client = backend.client();
  const auto thrown = backend.call(client, "throw");
  CHECK(thrown.outcome == exchange_outcome::unknown);
  CHECK(thrown.error == errc::peer_failed);

  std::stop_source stop;
  stop.request_stop();
  const auto stopped = backend.call(client, "x", exchange_call_options().stop(stop.get_token()));
  CHECK(stopped.outcome == exchange_outcome::not_sent);
  CHECK(stopped.error == errc::cancelled);
  CHECK(backend.call(client, "x", exchange_call_options().within(0s)).outcome == exchange_outcome::not_sent);

  const auto never = [](exchange_request asked) -> task<call_bytes> {
    if (asked.body.empty()) co_return call_bytes();  // for the handshake
    asio::steady_timer pause(co_await asio::this_coro::executor, 1h);
    co_await pause.async_wait(asio::use_awaitable);
    co_return call_bytes();
  };
  service slow(exchange_server_options(), never);
  auto waiting = slow.client();
  REQUIRE(slow.call(waiting, ""));
  const auto late = slow.call(waiting, "x", exchange_call_options().within(300ms));
  CHECK(late.outcome == exchange_outcome::unknown);
  CHECK(late.error == errc::timed_out);

  exchange_client nowhere(backend.io.get_executor(), endpoint(coordinate("frontend"), memory_storage()),
                          http_target("http://127.0.0.1:1/"));
  const auto unsent = backend.call(nowhere, "x");
  CHECK(unsent.outcome == exchange_outcome::not_sent);
  CHECK(unsent.error == condition::transport);
}

TEST_CASE("another server than ours is told from ours", "[exchange]") {
  service backend;
  CHECK(backend.post("/coseal", "application/octet-stream", "hello?").head.status == 200);  // a clear REFUSED
  CHECK(backend.post("/coseal", "text/plain", "hello?").head.status == 415);
  CHECK(backend.post("/coseal", "", "hello?").head.status == 415);
  const auto get = backend.post("/coseal", "", "", "GET");
  CHECK(get.head.status == 405);
  CHECK(*get.head.find("Allow") == "POST");
  CHECK(*get.head.find("Content-Type") == "application/problem+json");
}

TEST_CASE("plain HTTP is answered where it was turned on, and nowhere else", "[exchange]") {
  exchange_server_options options;
  std::vector<std::optional<trace_context>> traces;
  options.plain("/echo", [&](exchange_request asked) -> task<call_bytes> {
    traces.push_back(asked.trace);
    if (asked.level != security_level::none || asked.key) throw std::logic_error("plain is level none");
    co_return std::move(asked.body);
  });
  service backend(options);
  const auto answer = backend.post("/echo", "application/json; charset=utf-8", R"({"a": [1, 2.5, "ü"]})");
  CHECK(answer.head.status == 200);
  CHECK(*answer.head.find("Content-Type") == "application/json");
  CHECK(*answer.head.find("Cache-Control") == "no-store");
  CHECK(body_of(answer) == R"({"a": [1, 2.5, "ü"]})");
  for (const auto* bad : {"", "{", "{\"a\":1}{", "\xff", "nul", "[1,]"})
    CHECK(backend.post("/echo", "application/json", bad).head.status == 400);
  CHECK(backend.post("/echo", "application/octet-stream", "{}").head.status == 415);
  CHECK(backend.post("/echo", "text/json", "{}").head.status == 415);
  CHECK(backend.post("/echo", "application/json", "", "GET").head.status == 405);
  const auto elsewhere = backend.post("/", "application/json", "{}");
  CHECK(elsewhere.head.status == 415);
  CHECK(body_of(elsewhere).find("\"status\":415") != std::string::npos);
  auto client = backend.client();
  CHECK(told(backend.call(client, "secure")) == "secure");

  // Our own client asks it too, for who says that level none will do.
  const auto target = [&](const std::string& path) {
    return http_target("http://" + backend.address() + path);
  };
  plain_exchange_client plain(backend.io.get_executor(), target("/echo"), security_level::none);
  CHECK(told(backend.run(plain.call(call_text("[1]")))) == "[1]");
  const trace_context trace = new_trace();
  exchange_call_options traced;
  traced.trace(trace);
  CHECK(told(backend.run(plain.call(call_text("[1]"), traced))) == "[1]");
  REQUIRE(traces.size() == 3);
  CHECK(traces[2] == trace);
  CHECK_FALSE(traces[1]);
  const auto wrong = backend.run(plain.call(call_text("[1")));
  CHECK(wrong.outcome == exchange_outcome::unknown);
  CHECK(wrong.explanation.find("400") != std::string::npos);
  CHECK_THROWS_AS(
      plain_exchange_client(backend.io.get_executor(), target("/echo"), security_level::encrypted),
      coseal::error);

  service without;
  CHECK(without.post("/echo", "application/json", "{}").head.status == 415);
  CHECK_THROWS_AS(service(exchange_server_options().plain("echo", echo_call)), coseal::error);
}

TEST_CASE("a server of one's own hands its requests over", "[exchange]") {
  exchange_server server(endpoint(coordinate("backend"), memory_storage()), echo_call,
                         exchange_server_options().origins({"https://app.example"}).hosts({"api.example"}));
  const auto fetch = [&](std::vector<std::pair<std::string, std::string>> fields) {
    http_request asked;
    asked.method = "POST";
    asked.target = "/any";
    asked.fields = std::move(fields);
    return await(server.fetch(std::move(asked)));
  };
  using fields = std::vector<std::pair<std::string, std::string>>;
  const fields good{{"host", "api.example"}, {"content-type", "application/octet-stream"}};
  const auto with = [&](std::string name, std::string value) {
    fields more = good;
    more.emplace_back(std::move(name), std::move(value));
    return more;
  };
  CHECK(fetch(good).status == 200);
  CHECK(fetch(with("Origin", "https://app.example")).status == 200);
  CHECK(fetch(with("Origin", "https://evil.example")).status == 403);
  CHECK(fetch(with("Content-Encoding", "gzip")).status == 415);
  CHECK(fetch({{"host", "evil.example"}, {"content-type", "application/octet-stream"}}).status == 421);
}
