// Handshakes that fail at once must not get around the limits of a listener.

#include "bytes/record_header.hpp"
#include "session/stage.hpp"
#include "support/memory_listening.hpp"

namespace coseal::test {
namespace {

/// A HELLO of a version that nobody has: refused in clear.
bytes hello_of_version(std::uint8_t version) {
  const std::string_view magic = "coseal";
  const auto head = record_header{8, record_kind::hello, 0, 0}.bytes();
  bytes out(head.begin(), head.end());
  for (const char c : magic) out.push_back(static_cast<std::byte>(c));
  out.push_back(std::byte{1});
  out.push_back(static_cast<std::byte>(version));
  return out;
}

struct flooded_hall : encounter {
  memory_listening place{io};
  std::optional<listener> open;
  std::vector<std::unique_ptr<duplex_carrier>> strangers;

  void listen() {
    accepting.time(time);
    open.emplace(io.get_executor(), acceptor_side(), place.address(), accepting);
  }
  void stranger(const std::string& source, const bytes& says) {
    strangers.push_back(place.connect(source));
    std::error_code error;
    const asio::const_buffer all(says.data(), says.size());
    strangers.back()->try_write_some({&all, 1}, error);
    settle();
  }
  std::error_code visit() {
    begin_connector(place.connect("honest"));
    run();
    return connector_error;
  }
};

}  // namespace

TEST_CASE("a handshake that fails keeps its place until its connection has gone", "[session][security]") {
  flooded_hall h;
  h.accepting.half_open(100, 100);
  h.listen();
  for (int i = 0; i < 600; ++i) h.stranger("s" + std::to_string(i), hello_of_version(9));
  CHECK(h.place.alive() <= 100 + 256);
  h.pass(2s);  // nobody reads its answer: all are cut off
  CHECK(h.place.alive() == 0);
  CHECK(!h.visit());
}

TEST_CASE("a source that fails again and again has no more than its share", "[session][security]") {
  flooded_hall h;
  h.accepting.half_open(1000, 5);
  h.listen();
  for (int i = 0; i < 300; ++i) h.stranger("one", hello_of_version(9));
  CHECK(h.place.alive() <= 5 + 256);
  CHECK(!h.visit());
}

TEST_CASE("who is refused and leaves gives its place back at once", "[session][security]") {
  flooded_hall h;
  h.listen();
  h.stranger("one", hello_of_version(9));
  CHECK(h.place.alive() == 1);
  h.strangers.clear();
  h.settle();
  CHECK(h.place.alive() == 0);
}

TEST_CASE("who is not coseal holds nothing", "[session][security]") {
  flooded_hall h;
  h.listen();
  h.stranger("one", pattern(100));
  CHECK(h.place.alive() == 0);
  h.stranger("two", {});
  h.strangers.back()->close();
  h.settle();
  CHECK(h.place.alive() == 0);
}

}  // namespace coseal::test
