#include "http/conversation.hpp"
#include "http/routes.hpp"
#include "support/catch.hpp"

#include <string>

using namespace coseal::test;
using namespace coseal::http;

TEST_CASE("only the hosts on the list are answered", "[http]") {
  server_options options;
  options.hosts = {"localhost:80", "[::1]:80"};
  const auto status = [&](const std::string& host) {
    conversation with(echo, options);
    return status_in(with.ask("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"));
  };
  CHECK(status("localhost:80") == "200");
  CHECK(status("LOCALHOST:80") == "200");
  CHECK(status("[::1]:80") == "200");
  CHECK(status("localhost") == "421");
  CHECK(status("localhost:81") == "421");
  CHECK(status("localhost.evil.example:80") == "421");
  conversation old(echo, options);
  CHECK(status_in(old.ask("GET / HTTP/1.0\r\n\r\n")) == "421");
}

TEST_CASE("only web pages on the list are answered", "[http]") {
  server_options options;
  options.origins = {"https://app.example"};
  const auto status = [&](const std::string& fields) {
    conversation with(echo, options);
    return status_in(with.ask(get("/", fields)));
  };
  CHECK(status("") == "200");
  CHECK(status("Origin: https://app.example\r\n") == "200");
  CHECK(status("Origin: https://app.example:443\r\n") == "403");
  CHECK(status("Origin: https://app.example.evil\r\n") == "403");
  CHECK(status("Origin: http://app.example\r\n") == "403");
  CHECK(status("Origin: null\r\n") == "403");
  CHECK(status("Origin:\r\n") == "403");
  CHECK(status("Origin: https://app.example\r\nOrigin: https://app.example\r\n") == "403");
}

TEST_CASE("a page may read what it was allowed to ask", "[http]") {
  server_options options;
  options.origins = {"https://app.example"};
  conversation with(echo, options);
  const auto answer = with.ask(get("/", "Origin: https://app.example\r\n"));
  CHECK(answer.find("Access-Control-Allow-Origin: https://app.example\r\n") != std::string::npos);
  CHECK(answer.find("Vary: Origin\r\n") != std::string::npos);
  const auto plain = with.ask(get("/"));
  CHECK(plain.find("Access-Control") == std::string::npos);
  CHECK(plain.find("Vary: Origin\r\n") != std::string::npos);
}

TEST_CASE("a preflight is answered without the handler", "[http]") {
  server_options options;
  options.origins = {"https://app.example"};
  conversation with(echo, options);
  const std::string asks = "OPTIONS /x HTTP/1.1\r\nHost: a\r\nAccess-Control-Request-Method: POST\r\n";
  CHECK(with.ask(asks + "Origin: https://app.example\r\n\r\n") ==
        "HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: https://app.example\r\nVary: Origin\r\n"
        "Access-Control-Allow-Methods: GET, HEAD, POST\r\nAccess-Control-Allow-Headers: Content-Type\r\n"
        "Access-Control-Max-Age: 600\r\n\r\n");
  CHECK(with.ask(get("/1")).ends_with("GET /1 "));
  CHECK(status_in(with.ask(asks + "Origin: https://evil\r\n\r\n")) == "403");
}

TEST_CASE("routes know their paths and methods", "[http]") {
  routes known;
  known.on("GET", "/a", echo).on("POST", "/a", echo).on("POST", "/b", echo);
  conversation with(known);
  CHECK(with.ask(get("/a?q")) == ok("GET /a?q "));
  CHECK(status_in(with.ask(get("/"))) == "404");
  CHECK(status_in(with.ask(get("/a/"))) == "404");
  const auto refused = with.ask(get("/b"));
  CHECK(status_in(refused) == "405");
  CHECK(refused.find("Allow: OPTIONS, POST\r\n") != std::string::npos);
  CHECK(with.ask("OPTIONS /a HTTP/1.1\r\nHost: a\r\n\r\n") ==
        "HTTP/1.1 204 No Content\r\nAllow: OPTIONS, GET, POST, HEAD\r\n\r\n");
  CHECK(with.ask("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n") == "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n");
  CHECK(status_in(with.ask("HEAD /b HTTP/1.1\r\nHost: a\r\n\r\n")) == "405");
}
