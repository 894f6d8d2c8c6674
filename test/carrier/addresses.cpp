#include "carrier/address.hpp"
#include "support/catch.hpp"

#include <coseal/error.hpp>
#include <coseal/transport.hpp>

#include <tuple>

using namespace coseal;

TEST_CASE("addresses are parsed into host and port", "[carrier]") {
  using row = std::tuple<const char*, const char*, int>;
  for (const auto& [text, host, port] : {
           row{"localhost:80", "localhost", 80},
           row{"127.0.0.1:0", "127.0.0.1", 0},
           row{"example.org:65535", "example.org", 65'535},
           row{"[::1]:9000", "::1", 9000},
           row{"[fe80::1%eth0]:1", "fe80::1%eth0", 1},
           row{"[2001:db8::2:3]:443", "2001:db8::2:3", 443},
           row{"host:0080", "host", 80},
       }) {
    CAPTURE(text);
    const auto parsed = host_and_port::parse(text);
    REQUIRE(parsed);
    CHECK(parsed->host == host);
    CHECK(parsed->port == port);
  }
}

TEST_CASE("what is no host and port is refused", "[carrier]") {
  for (const char* text : {"",
                           ":",
                           "host",
                           "host:",
                           ":80",
                           "[]:80",
                           "[::1]",
                           "[::1]80",
                           "[::1]:",
                           "::1:80",
                           "::1",
                           "[::1:80",
                           "host:65536",
                           "host:-1",
                           "host:+1",
                           "host: 1",
                           "host:1 ",
                           "host:0x50",
                           "host:http",
                           "host:80/path",
                           "a:b:80",
                           "http://host:80",
                           "host:99999999999999999999"}) {
    CAPTURE(text);
    CHECK(host_and_port::parse(text).error() == errc::invalid_address);
    CHECK_THROWS_AS(tcp(text), coseal::error);
    CHECK_THROWS_AS(listen_tcp(text), coseal::error);
  }
}

TEST_CASE("addresses are written as they are read", "[carrier]") {
  CHECK(to_text(asio::ip::make_address("127.0.0.1"), 9000) == "127.0.0.1:9000");
  CHECK(to_text(asio::ip::make_address("::1"), 9000) == "[::1]:9000");
  CHECK(host_and_port::parse(to_text(asio::ip::make_address("2001:db8::1"), 1)).value().host ==
        "2001:db8::1");
}

TEST_CASE("a source is an IPv4 address or an IPv6 /64", "[carrier]") {
  const auto source = [](const char* address) { return source_of(asio::ip::make_address(address)); };
  CHECK(source("192.0.2.7") == "192.0.2.7");
  CHECK(source("::ffff:192.0.2.7") == "192.0.2.7");
  CHECK(source("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64");
  CHECK(source("2001:db8:1:2::1") == source("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  CHECK(source("2001:db8:1:2::1") != source("2001:db8:1:3::1"));
  CHECK(source("fe80::1%1") == source("fe80::2%1"));
  CHECK(source("::1") == "::/64");
}

TEST_CASE("a transport and a place to listen are made from text", "[carrier]") {
  const std::string longest = "/" + std::string(106, 'p');
  using row = std::pair<std::string, std::string>;
  for (const auto& [text, name] : {
           row{"localhost:80", "tcp://localhost:80"},
           row{"tcp://localhost:80", "tcp://localhost:80"},
           row{"tcp://[::1]:80", "tcp://[::1]:80"},
           row{"unix:/run/x.sock", "unix:/run/x.sock"},
           row{"unix:relative", "unix:relative"},
           row{"unix:" + longest, "unix:" + longest},
       }) {
    CAPTURE(text);
    CHECK(transport_from(text).value().name() == name);
    CHECK(listen_address_from(text).value().name() == name);
  }
  for (const std::string& text :
       {std::string(), std::string("tcp://"), std::string("tcp://host"), std::string("tcp:host:80"),
        std::string("udp://host:80"), std::string("tcp://tcp://host:80"), std::string("unix:"),
        "unix:" + longest + "p", std::string("unix:a\0b", 8), std::string("unix:\0abstract", 14)}) {
    CAPTURE(text);
    CHECK(transport_from(text).error() == errc::invalid_address);
    CHECK(listen_address_from(text).error() == errc::invalid_address);
  }
  for (const std::string& path : {std::string(), longest + "p", std::string("\0abstract", 9)}) {
    CHECK_THROWS_AS(unix_socket(path), coseal::error);
    CHECK_THROWS_AS(listen_unix(path), coseal::error);
  }
}
