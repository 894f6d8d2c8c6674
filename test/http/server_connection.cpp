#include "http/conversation.hpp"
#include "http/error.hpp"
#include "http/text.hpp"
#include "support/catch.hpp"

#include <stdexcept>
#include <string>
#include <vector>

using namespace coseal::test;
using namespace coseal::http;
using namespace std::chrono_literals;

namespace {

const std::string post_hello = "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
const std::string chunked =
    "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x\r\nlo\r\n0\r\nT: "
    "u\r\n\r\n";

}  // namespace

TEST_CASE("requests on one connection are answered in their order", "[http]") {
  conversation with(echo);
  CHECK(with.ask(get("/1")) == ok("GET /1 "));
  CHECK(with.ask(post_hello) == ok("POST /p hello"));
  CHECK(with.ask(chunked) == ok("POST /c hello"));
  CHECK_FALSE(with.parted());
}

TEST_CASE("pipelined requests are answered in their order", "[http]") {
  conversation with(echo);
  CHECK(with.ask(get("/1") + post_hello + chunked + "\r\n" + get("/2")) ==
        ok("GET /1 ") + ok("POST /p hello") + ok("POST /c hello") + ok("GET /2 "));
}

TEST_CASE("bytes that come and go one by one make no difference", "[http]") {
  coseal::memory_knobs forth, back;
  forth.largest_read = 1;
  back.largest_write = 1;
  conversation with(echo, {}, forth, back);
  CHECK(with.ask(get("/1") + post_hello + chunked) ==
        ok("GET /1 ") + ok("POST /p hello") + ok("POST /c hello"));
}

TEST_CASE("the connection ends when either side says so", "[http]") {
  for (const std::string last :
       {"GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET /1 HTTP/1.0\r\n\r\n"}) {
    conversation with(echo);
    CHECK(with.ask(last + get("/2")) ==
          "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nGET /1 ");
    CHECK(with.parted());
    with.client->close();
    with.hear();
    CHECK(with.ended);
  }
  conversation old(echo);
  CHECK(old.ask("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n") ==
        "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 7\r\n\r\nGET /1 ");
  CHECK_FALSE(old.parted());
}

TEST_CASE("a handler may end the connection", "[http]") {
  conversation with([](request) -> coseal::task<response> {
    response answer(204);
    answer.head.fields.emplace_back("Connection", "close");
    co_return answer;
  });
  CHECK(with.ask(get("/1") + get("/2")) == "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  CHECK(with.parted());
}

TEST_CASE("a connection takes so many requests and no more", "[http]") {
  server_options options;
  options.requests = 2;
  conversation with(echo, options);
  CHECK(with.ask(get("/1")) == ok("GET /1 "));
  CHECK(with.ask(get("/2")).find("Connection: close") != std::string::npos);
  CHECK(with.parted());
}

TEST_CASE("what is malformed hears its status, then the end, and nothing after it is answered", "[http]") {
  server_options options;
  options.body.bytes = 10;
  const std::vector<std::pair<std::string, std::string>> rows{
      {"GET / HTTP/1.1\n\n", "400"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "501"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", "413"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n", "413"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", "400"},
      {"GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", "414"},
      {"GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(17000, 'x') + "\r\n\r\n", "431"},
      {"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", "501"},
      {"PRI * HTTP/2.0\r\n\r\n", "505"},
      {get("/", "Content-Encoding: gzip\r\n"), "415"},
      {get("/", "Expect: miracles\r\n"), "417"},
      {get("/", "Origin: http://evil\r\n"), "403"},
  };
  for (const auto& [bad, status] : rows) {
    INFO(bad.substr(0, 80));
    conversation with(echo, options);
    CHECK(with.ask(get("/1")) == ok("GET /1 "));
    const auto answer = with.ask(bad + get("/2"));
    CHECK(status_in(answer) == status);
    CHECK(answer.find("Connection: close\r\n") != std::string::npos);
    CHECK(answer.find("GET /2") == std::string::npos);
    CHECK(with.parted());
    CHECK_FALSE(with.ended);  // it listens on for a while, so that its answer is not lost by a reset
    with.pass(2s);
    CHECK(with.ended);
  }
}

TEST_CASE("an idle connection ends in silence", "[http]") {
  conversation with(echo);
  CHECK(with.ask(get("/1")) == ok("GET /1 "));
  with.pass(59s);
  CHECK_FALSE(with.ended);
  with.pass(1s);
  CHECK(with.ended);
  CHECK(with.hear().empty());
}

TEST_CASE("a head that takes too long hears 408, however steadily it trickles", "[http]") {
  conversation with(echo);
  const std::string head = get("/", "A: bcdefgh\r\n");
  for (int i = 0; i < 10; ++i) {
    CHECK_FALSE(with.ended);
    with.say(head.substr(static_cast<std::size_t>(i), 1));
    with.pass(1s);
  }
  CHECK(status_in(with.hear()) == "408");
  CHECK(with.ended);
}

TEST_CASE("a body below the least rate hears 408", "[http]") {
  server_options options;
  options.body_pace.grace = 5s;
  options.body_pace.bytes_a_second = 10;
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n";
  {
    conversation slow(echo, options);
    slow.say(head);
    for (int second = 0; second < 8 && !slow.ended; ++second) {
      slow.say("12345");
      slow.pass(1s);
    }
    CHECK_FALSE(slow.ended);  // 5 s of grace and 4 s that 40 bytes earned
    slow.pass(2s);
    CHECK(status_in(slow.hear()) == "408");
    CHECK(slow.ended);
  }
  {
    conversation steady(echo, options);
    steady.say(head);
    for (int second = 0; second < 55; ++second) {
      steady.say("0123456789");
      steady.pass(1s);
    }
    CHECK_FALSE(steady.ended);
    steady.pass(5s);  // the total of 60 s
    CHECK(status_in(steady.hear()) == "408");
  }
}

TEST_CASE("chunks of one byte come no faster for their size lines", "[http]") {
  server_options options;
  options.body_pace.grace = 5s;
  options.body_pace.bytes_a_second = 10;
  conversation with(echo, options);
  with.say("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int second = 0; second < 8; ++second) {
    if (!with.ended) with.say("1\r\na\r\n1\r\nb\r\n");
    with.pass(1s);
  }
  CHECK(status_in(with.hear()) == "408");
}

TEST_CASE("a peer that does not take its answer is given up", "[http]") {
  server_options options;
  options.answer_pace.grace = 5s;
  coseal::memory_knobs narrow;
  narrow.capacity = 100;
  conversation with(
      [](request) -> coseal::task<response> {
        response answer;
        answer.body.resize(1000);
        co_return answer;
      },
      options, {}, narrow);
  with.say(get("/"));
  CHECK_FALSE(with.ended);
  with.pass(6s);
  CHECK(with.ended);
}

TEST_CASE("a client that waits for it is told to go on", "[http]") {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n";
  conversation with(echo);
  CHECK(with.ask(head) == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(with.ask("hello") == ok("POST / hello"));
  CHECK(with.ask(head + "hello") == ok("POST / hello"));

  server_options options;
  options.body.bytes = 4;
  conversation refusing(echo, options);
  CHECK(status_in(refusing.ask(head)) == "413");
}

TEST_CASE("HEAD is answered as GET is, without the body", "[http]") {
  conversation with(echo);
  CHECK(with.ask("HEAD /1 HTTP/1.1\r\nHost: a\r\n\r\n" + get("/2")) ==
        "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n" + ok("GET /2 "));
  const auto refused = with.ask("HEAD / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n");
  CHECK(status_in(refused) == "417");
  CHECK(refused.ends_with("\r\n\r\n"));
}

TEST_CASE("a handler that fails is answered with 500", "[http]") {
  const std::vector<handler> failing{
      [](request) -> coseal::task<response> {
        throw std::runtime_error("no");
        co_return response();
      },
      [](request) -> coseal::task<response> {
        response answer;
        answer.head.fields.emplace_back("A", "b\r\nSet-Cookie: c");
        co_return answer;
      },
  };
  for (const auto& each : failing) {
    conversation with(each);
    const auto answer = with.ask(get("/"));
    CHECK(status_in(answer) == "500");
    CHECK(answer.find("Cookie") == std::string::npos);
    CHECK(with.parted());
  }
}

TEST_CASE("an answer that has no body is written without a length", "[http]") {
  conversation with([](request) -> coseal::task<response> { co_return response(204); });
  CHECK(with.ask(get("/")) == "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST_CASE("a peer that ends inside of a request is answered 400 while it can hear", "[http]") {
  conversation with(echo);
  with.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
  with.client->shutdown_send();
  CHECK(status_in(with.hear()) == "400");
  CHECK(with.ended);
}

TEST_CASE("an idle connection that is drained ends at once", "[http]") {
  conversation with(echo);
  with.ask(get("/1"));
  with.server->drain();
  CHECK(with.hear().empty());
  CHECK(with.ended);
}

TEST_CASE("what is being answered is finished before the connection is drained", "[http]") {
  server_connection* server = nullptr;
  conversation with([&server](request asked) -> coseal::task<response> {
    server->drain();
    return echo(std::move(asked));
  });
  server = with.server.get();
  CHECK(with.ask(get("/1") + get("/2")) ==
        "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nGET /1 ");
  CHECK(with.parted());

  conversation half(echo);
  half.say(get("/1").substr(0, 10));
  half.server->drain();
  CHECK(status_in(half.ask(get("/1").substr(10))) == "200");
  CHECK(half.parted());
}
