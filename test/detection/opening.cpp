#include "detection/opening.hpp"

#include "fuzz/openings.hpp"
#include "support/catch.hpp"

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace coseal::test {
namespace {

opening opening_of_text(std::string_view text) {
  return opening_of(std::as_bytes(std::span(text)));
}

constexpr std::string_view http_methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};

}  // namespace

TEST_CASE("a zero byte begins records, 0x16 begins TLS, a method and a blank begin HTTP", "[detection]") {
  using namespace std::string_view_literals;
  CHECK(opening_of_text("") == opening::undecided);
  CHECK(opening_of_text("\0"sv) == opening::records);
  CHECK(opening_of_text("\0\0\0\x9c\1\0\0\0coseal"sv) == opening::records);
  CHECK(opening_of_text("\x16"sv) == opening::tls);
  CHECK(opening_of_text("\x16\x03\x01") == opening::tls);
  for (const std::string_view method : http_methods) {
    const std::string line = std::string(method) + " / HTTP/1.1\r\n";
    for (std::size_t n = 1; n <= line.size(); ++n) {
      CAPTURE(line.substr(0, n));
      const bool decided = n > method.size();
      CHECK(opening_of_text(line.substr(0, n)) == (decided ? opening::http : opening::undecided));
    }
  }
}

TEST_CASE("what is none of them is known at the first byte that no other could send", "[detection]") {
  for (int first = 1; first < 256; ++first) {
    const std::string text(1, static_cast<char>(first));
    const bool method = std::string_view("GHPDO").find(text[0]) != std::string_view::npos;
    CAPTURE(first);
    CHECK(opening_of_text(text) == (first == 0x16 ? opening::tls
                                    : method      ? opening::undecided
                                                  : opening::unknown));
  }
  for (const std::string_view text :
       {"SSH-2.0-x", "EHLO x", "PRI * HTTP/2.0", "GETX", "GET\t/", "get / ", "POSTS /", "CONNECT h:1 H",
        "TRACE / ", "\r\nGET / ", "PROXY TCP4 1.1.1.1"}) {
    CAPTURE(text);
    CHECK(opening_of_text(text) == opening::unknown);
  }
}

TEST_CASE("an answer never changes with the bytes that follow", "[detection]") {
  std::minstd_rand random(7);
  const std::string_view letters("GETHADPOSUL NICM\0\x16\r\n/ ", 22);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = i % 2 == 0 ? std::string(http_methods[random() % 7]) : std::string();
    while (text.size() < 12) text.push_back(letters[random() % letters.size()]);
    if (i % 3 == 0) text[random() % 8] = static_cast<char>(random());
    fuzz_openings(std::as_bytes(std::span(text)));
  }
}

}  // namespace coseal::test
