#include "http/exchange.hpp"

#include "http/conversation.hpp"
#include "http/error.hpp"
#include "http/text.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <string>
#include <vector>

using coseal::memory_knobs;
using namespace coseal::test;
using namespace coseal::http;
using namespace std::chrono_literals;

namespace {

request asks(const std::string& method, const std::string& target, const std::string& body = {}) {
  request asked;
  asked.head.method = method;
  asked.head.target = target;
  asked.head.fields.emplace_back("Host", "a");
  const auto bytes = bytes_of_text(body);
  asked.body.assign(bytes.begin(), bytes.end());
  return asked;
}

std::string text_of(const response& answer) {
  return {reinterpret_cast<const char*>(answer.body.data()), answer.body.size()};
}

/// A client's end of a pipe whose other end says what a test wants.
struct client_side {
  asio::io_context io;
  std::shared_ptr<virtual_clock> time = std::make_shared<virtual_clock>();
  carrier_ptr client, server;
  exchange_options options;

  explicit client_side(memory_knobs forth = {}, memory_knobs back = {}) {
    std::tie(client, server) =
        memory_pair(io.get_executor(), io.get_executor(), std::move(forth), std::move(back));
  }
  coseal::result<response> exchange(request asked) {
    std::optional<coseal::result<response>> got;
    start(io, coseal::http::exchange(*client, *time, std::move(asked), options),
          [&](coseal::result<response> answer) { got.emplace(std::move(answer)); });
    run_with_virtual_time(io, *time);
    return std::move(got).value();
  }
  /// The answer to a GET that the server's bytes make.
  coseal::result<response> hears(std::string_view bytes, bool then_ends = false) {
    if (!bytes.empty()) write(*server, bytes);
    if (then_ends) server->shutdown_send();
    return exchange(asks("GET", "/"));
  }
};

}  // namespace

TEST_CASE("a connection carries many exchanges", "[http]") {
  for (const std::size_t largest : {std::size_t{0}, std::size_t{1}}) {
    memory_knobs knobs;
    knobs.largest_read = largest;
    conversation with(echo, {}, knobs, knobs);
    const auto exchanged = [&](request asked) {
      std::optional<coseal::result<response>> got;
      start(with.io, exchange(*with.client, *with.time, std::move(asked), {}),
            [&](coseal::result<response> answer) { got.emplace(std::move(answer)); });
      run_ready(with.io);
      return std::move(got).value().value();
    };
    CHECK(text_of(exchanged(asks("GET", "/1"))) == "GET /1 ");
    const auto second = exchanged(asks("POST", "/2", "hello"));
    CHECK(text_of(second) == "POST /2 hello");
    CHECK(second.head.keep_alive);
    CHECK(exchanged(asks("HEAD", "/3")).body.empty());
    CHECK(text_of(exchanged(asks("POST", "/4"))) == "POST /4 ");
    const std::string big(200'000, 'x');
    CHECK(text_of(exchanged(asks("PUT", "/5", big))).size() == big.size() + 7);
    auto last = asks("GET", "/6");
    last.head.keep_alive = false;
    CHECK_FALSE(exchanged(std::move(last)).head.keep_alive);
  }
}

TEST_CASE("interim responses are passed over, but not without end", "[http]") {
  const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  CHECK(text_of(client_side().hears("HTTP/1.1 100 Continue\r\n\r\n" + interim + ok("yes")).value()) == "yes");
  std::string many;
  for (int i = 0; i < 20; ++i) many += interim;
  CHECK(client_side().hears(many + ok("yes")).error() == errc::not_a_response);
  CHECK(client_side().hears("HTTP/1.1 101 Switching Protocols\r\n\r\n").error() == errc::not_a_response);
}

TEST_CASE("the response says whether the connection can go on", "[http]") {
  CHECK(client_side().hears(ok("x")).value().head.keep_alive);
  CHECK_FALSE(client_side()
                  .hears("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
                  .value()
                  .head.keep_alive);
  CHECK_FALSE(client_side().hears("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").value().head.keep_alive);
  const auto whole = client_side().hears("HTTP/1.1 200 OK\r\n\r\nto the end", true).value();
  CHECK(text_of(whole) == "to the end");
  CHECK_FALSE(whole.head.keep_alive);
}

TEST_CASE("bytes after a response are no answer to the next request", "[http]") {
  const auto answer = client_side().hears(ok("x") + ok("smuggled")).value();
  CHECK(text_of(answer) == "x");
  CHECK_FALSE(answer.head.keep_alive);
}

TEST_CASE("a response that ends early or is malformed is an error", "[http]") {
  CHECK(client_side().hears("", true).error() == asio::error::eof);
  CHECK(client_side().hears("HTTP/1.1 200", true).error() == errc::truncated);
  CHECK(client_side().hears("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", true).error() ==
        errc::truncated);
  CHECK(client_side()
            .hears("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n", true)
            .error() == errc::truncated);
  CHECK(client_side().hears("SSH-2.0-x\r\n").error() == errc::bad_start_line);
  CHECK(client_side().hears("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n").error() ==
        errc::coding_unsupported);
}

TEST_CASE("a response that is too slow or too large is an error", "[http]") {
  CHECK(client_side().hears("").error() == errc::too_slow);
  CHECK(client_side().hears("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel").error() == errc::too_slow);
  client_side small;
  small.options.body.bytes = 3;
  CHECK(small.hears(ok("abcd")).error() == errc::body_too_large);
}

TEST_CASE("a refusal is heard although the request could not be sent to its end", "[http]") {
  memory_knobs forth;
  forth.fail_at_operation = 0;
  client_side with(forth);
  const auto answer = with.hears("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(answer);
  CHECK(answer->head.status == 413);
  CHECK_FALSE(answer->head.keep_alive);

  const auto nothing = client_side(forth).hears("", true).error();
  CHECK(nothing);
  CHECK(nothing != asio::error::eof);  // which would say that the request was sent
}

TEST_CASE("a request that would say something else is not sent", "[http]") {
  client_side with;
  CHECK(with.exchange(asks("GET", "/\r\nHost: b")).error() == errc::unwritable);
  auto nameless = asks("GET", "/");
  nameless.head.fields.clear();
  CHECK(with.exchange(std::move(nameless)).error() == errc::unwritable);
  CHECK(read_error(*with.server) == asio::error::would_block);
}
