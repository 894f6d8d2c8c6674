#include "websocket/url.hpp"

#include "support/catch.hpp"

#include <coseal/error.hpp>

#include <tuple>

using coseal::websocket::url;

TEST_CASE("a WebSocket's address is taken apart", "[websocket]") {
  using row = std::tuple<std::string, std::string, unsigned, std::string, std::string>;
  for (const auto& [text, host, port, field, target] : {
           row{"ws://example.com", "example.com", 80, "example.com", "/"},
           row{"ws://example.com:80/", "example.com", 80, "example.com", "/"},
           row{"ws://example.com:9000/a/b?c=d", "example.com", 9000, "example.com:9000", "/a/b?c=d"},
           row{"ws://example.com?c", "example.com", 80, "example.com", "/?c"},
           row{"ws://[::1]:9000", "::1", 9000, "[::1]:9000", "/"},
           row{"ws://[::1]/x", "::1", 80, "[::1]", "/x"},
           row{"ws://example.com:443", "example.com", 443, "example.com:443", "/"},
           row{"wss://example.com", "example.com", 443, "example.com", "/"},
           row{"wss://example.com:443/x", "example.com", 443, "example.com", "/x"},
           row{"wss://example.com:80", "example.com", 80, "example.com:80", "/"},
           row{"wss://[::1]:9000", "::1", 9000, "[::1]:9000", "/"},
       }) {
    CAPTURE(text);
    const auto parsed = url::parse(text).value();
    CHECK(parsed.where.host == host);
    CHECK(parsed.where.port == port);
    CHECK(parsed.host == field);
    CHECK(parsed.target == target);
    CHECK(parsed.secure == text.starts_with("wss"));
    CHECK(parsed.address() ==
          (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port));
  }
}

TEST_CASE("what is no WebSocket's address is refused", "[websocket]") {
  for (const std::string text : {"", "example.com", "http://example.com", "https://example.com", "wss://",
                                 "ws://", "ws://:80", "ws:///x", "ws://user@host", "ws://host:",
                                 "ws://host:99999", "ws://host/a b", "ws://host/#x", "ws://host/\r\nX: y"}) {
    CAPTURE(text);
    CHECK(url::parse(text).error() == coseal::errc::invalid_address);
  }
}
