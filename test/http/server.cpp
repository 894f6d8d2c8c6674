#include "http/server.hpp"

#include "http/conversation.hpp"
#include "http/date.hpp"
#include "support/catch.hpp"
#include "support/memory_listening.hpp"

#include <string>
#include <vector>

using namespace coseal::test;
using namespace coseal::http;

namespace {

struct served {
  asio::io_context io;
  std::shared_ptr<virtual_clock> time = std::make_shared<virtual_clock>();
  memory_listening place{io};
  std::shared_ptr<server> all;
  bool ended = false;

  explicit served(server_options options = {}) {
    all = std::make_shared<server>(io.get_executor(), listen(io, place.address()), echo, std::move(options),
                                   time);
    asio::co_spawn(io, all->serve(), [this](std::exception_ptr failure) {
      ended = true;
      if (failure) std::rethrow_exception(failure);
    });
    run_ready(io);
  }
  std::string ask(coseal::duplex_carrier& on, const std::string& text) {
    write(on, text);
    return read_now(io, on);
  }
};

}  // namespace

TEST_CASE("a server answers on many connections", "[http]") {
  served by;
  const auto one = by.place.connect(), two = by.place.connect();
  CHECK(by.ask(*one, get("/1")) == ok("GET /1 "));
  CHECK(by.ask(*two, get("/2")) == ok("GET /2 "));
  CHECK(by.place.alive() == 2);
  one->close();
  run_ready(by.io);
  CHECK(by.place.alive() == 1);
}

TEST_CASE("one connection too many hears 503", "[http]") {
  server_options options;
  options.connections = 1;
  served by(options);
  auto one = by.place.connect();
  CHECK(by.ask(*one, get("/1")) == ok("GET /1 "));
  const auto two = by.place.connect();
  CHECK(status_in(by.ask(*two, get("/2"))) == "503");
  one->close();
  two->close();
  run_ready(by.io);
  const auto three = by.place.connect();
  CHECK(by.ask(*three, get("/3")) == ok("GET /3 "));
}

TEST_CASE("far too many connections are closed without a word", "[http]") {
  server_options options;
  options.connections = 1;
  served by(options);
  std::vector<carrier_ptr> all;
  for (int i = 0; i < 70; ++i) all.push_back(by.place.connect());
  run_ready(by.io);
  CHECK(by.place.alive() == 65);
  CHECK(status_in(read_now(by.io, *all[64])) == "503");
  CHECK(read_error(*all[65]) == asio::error::eof);
}

TEST_CASE("a drained server ends with its last answer", "[http]") {
  served by;
  const auto idle = by.place.connect(), asking = by.place.connect();
  by.ask(*idle, get("/1"));
  by.ask(*asking, "GET /2 HTTP/1.1\r\n");
  by.all->drain();
  run_ready(by.io);
  CHECK(read_error(*idle) == asio::error::eof);
  CHECK_FALSE(by.ended);
  const auto last = by.ask(*asking, "Host: a\r\n\r\n");
  CHECK(last.find("Connection: close\r\n\r\nGET /2 ") != std::string::npos);
  asking->close();
  run_ready(by.io);
  CHECK(by.ended);
  CHECK(by.place.alive() == 0);
}

TEST_CASE("dates are written as RFC 9110 has them", "[http]") {
  CHECK(http_date(std::chrono::system_clock::from_time_t(784111777)) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(http_date(std::chrono::system_clock::from_time_t(951782400)) == "Tue, 29 Feb 2000 00:00:00 GMT");
}
