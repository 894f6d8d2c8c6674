// The fuzz target on inputs that a generator makes: mostly well formed, so that they come far.

#include "fuzz/http_messages.hpp"
#include "http/text.hpp"
#include "support/catch.hpp"

#include <random>
#include <string>
#include <vector>

using namespace coseal::test;

namespace {

class generator {
 public:
  explicit generator(unsigned seed) : random_(seed) {}

  std::string input() {
    const bool requests = one_in(2);
    std::string out{static_cast<char>(requests ? 0 : 2 + pick(2)), static_cast<char>(pick(64))};
    for (std::size_t n = 1 + pick(3); n > 0; --n) out += message(requests);
    for (std::size_t n = one_in(2) ? pick(3) : 0; n > 0; --n) spoil(out);
    if (one_in(8)) out.resize(2 + pick(out.size() - 1));
    return out;
  }

 private:
  std::size_t pick(std::size_t n) { return random_() % n; }
  bool one_in(std::size_t n) { return pick(n) == 0; }
  std::string any(const std::vector<std::string>& of) { return of[pick(of.size())]; }

  std::string message(bool request) {
    std::string head =
        request ? any({"GET", "POST", "HEAD", "OPTIONS", "BREW"}) + " " +
                      any({"/", "/a?b", "http://a/x", "*", "/" + std::string(pick(140), 'x')}) + " HTTP/1." +
                      any({"1", "1", "1", "0"}) + "\r\nHost: a\r\n"
                : "HTTP/1." + any({"1", "1", "0"}) + " " + any({"200", "204", "304", "100", "999"}) + " " +
                      any({"", "OK", "a\tb \xff"}) + "\r\n";
    for (std::size_t n = pick(5); n > 0; --n)
      head += any({"A: b", "A:", "Connection: close", "Connection: keep-alive, x", "Upgrade: y", "Empty:  \t",
                   "Long: " + std::string(pick(600), 'y')}) +
              "\r\n";
    std::string body(pick(60), 'z');
    switch (pick(4)) {
      case 0:
        return head + "\r\n";
      case 1:
        return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
      default:
        return head + "Transfer-Encoding: chunked\r\n\r\n" + chunks(body);
    }
  }
  std::string chunks(const std::string& body) {
    const std::string digits = "0123456789abcdef";
    std::string out;
    for (std::size_t at = 0; at < body.size();) {
      const std::size_t n = 1 + pick(std::min<std::size_t>(body.size() - at, 15));
      out += any({"", "0"}) + digits[n] + any({"", "", ";x=y"}) + "\r\n" + body.substr(at, n) + "\r\n";
      at += n;
    }
    return out + "0\r\n" + any({"", "", "T: u\r\n"}) + "\r\n";
  }
  void spoil(std::string& out) {
    const std::size_t at = 2 + pick(out.size() - 2);
    const std::string bytes(
        "\r\n \t:;,\0\x7f\xff"
        "0aZ",
        13);
    switch (pick(3)) {
      case 0:
        out[at] = bytes[pick(bytes.size())];
        break;
      case 1:
        out.insert(at, 1, bytes[pick(bytes.size())]);
        break;
      default:
        out.erase(at, 1);
    }
  }

  std::mt19937 random_;
};

}  // namespace

TEST_CASE("messages in pieces are understood as they are whole", "[http]") {
  for (unsigned seed = 0; seed < 5'000; ++seed) {
    const std::string input = generator(seed).input();
    fuzz_http_messages(bytes_of_text(input));
  }
  SUCCEED();
}
