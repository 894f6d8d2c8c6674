#include "http/url.hpp"

#include "http/error.hpp"
#include "support/catch.hpp"

using coseal::http::errc;
using coseal::http::parse_url;

TEST_CASE("a URL is taken apart", "[http]") {
  const auto full = parse_url("HTTP://Example.org:8080/a/b?c=d#e").value();
  CHECK(full.address == "Example.org:8080");
  CHECK(full.host == "Example.org:8080");
  CHECK(full.target == "/a/b?c=d");
  const auto bare = parse_url("http://a").value();
  CHECK(bare.address == "a:80");
  CHECK(bare.host == "a");
  CHECK(bare.target == "/");
  CHECK(parse_url("http://a?b").value().target == "/?b");
  const auto six = parse_url("http://[::1]:80/").value();
  CHECK(six.address == "[::1]:80");
  CHECK(six.host == "[::1]");
  CHECK_FALSE(six.secure);
  const auto secure = parse_url("https://a/b").value();
  CHECK(secure.secure);
  CHECK(secure.address == "a:443");
  CHECK(secure.host == "a");
  CHECK(parse_url("https://a:80").value().host == "a:80");
}

TEST_CASE("what is no plain URL is refused", "[http]") {
  for (const char* bad : {"",
                          "a",
                          "ftp://a/",
                          "https:/a/",
                          "http://",
                          "http:///a",
                          "http://:80/",
                          "http://a:/",
                          "http://a:0/",
                          "http://a:65536/",
                          "http://a:1x/",
                          "http://u@a/",
                          "http://u:p@a/",
                          "http://a b/",
                          "http://a/ b",
                          "http://a/\r\nX: y",
                          "http://[::1/",
                          "http://[]/",
                          "http://[::1]x/",
                          "http://::1/",
                          "http://a\\b/"}) {
    INFO(bad);
    CHECK(parse_url(bad).error() == errc::bad_url);
  }
}
