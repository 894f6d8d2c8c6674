// Who is not a coseal peer, or does not behave like one before it is known.

#include "bytes/record_header.hpp"
#include "session/stage.hpp"

#include <asio/error.hpp>

namespace coseal::test {
namespace {

bytes text(std::string_view what) {
  const auto view = std::as_bytes(std::span(what));
  return {view.begin(), view.end()};
}

bytes header(std::uint32_t length, record_kind kind, std::uint8_t epoch = 0, std::uint16_t zero = 0) {
  const auto head = record_header{length, kind, epoch, zero}.bytes();
  return {head.begin(), head.end()};
}

/// The acceptor meets somebody who says `said` and then waits; what it answered.
struct stranger {
  encounter e;
  std::unique_ptr<duplex_carrier> carrier;

  void says(const bytes& said) {
    auto ends = e.carriers();
    carrier = std::move(ends.first);
    e.begin_acceptor(std::move(ends.second));
    write(said);
  }
  void write(const bytes& said) {
    std::error_code error;
    const asio::const_buffer all(said.data(), said.size());
    CHECK(carrier->try_write_some({&all, 1}, error) == said.size());
  }
  bytes heard() {
    bytes got(4096);
    std::error_code error;
    got.resize(carrier->try_read_some(got, error));
    return got;
  }
  bool sees_the_end() {
    std::byte one{};
    std::error_code error;
    carrier->try_read_some({&one, 1}, error);
    return error == asio::error::eof;
  }
};

}  // namespace

TEST_CASE("an HTTP client is not coseal, is told nothing and sees the end at once", "[session]") {
  stranger s;
  s.says(text("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"));
  s.e.settle();
  CHECK(s.e.acceptor_error == errc::not_coseal);
  CHECK(s.heard().empty());
  CHECK(s.sees_the_end());
}

TEST_CASE("first bytes that are no HELLO are not coseal", "[session]") {
  stranger s;
  const auto what = GENERATE(0, 1, 2, 3, 4, 5, 6, 7);
  CAPTURE(what);
  bytes said;
  switch (what) {
    case 0:
      said = header(10, record_kind::traffic);
      break;
    case 1:
      said = header(10, record_kind::finish);
      break;
    case 2:
      said = header(1025, record_kind::hello);  // longer than any HELLO: said before the body is read
      break;
    case 3:
      said = header(0xffffffff, record_kind::hello);
      break;
    case 4:
      said = header(40, record_kind::hello, 0, 1);
      break;
    case 5:
      said = header(40, record_kind::hello);
      for (const auto b : text("cosael-is-not-the-magic-but-forty-letters")) said.push_back(b);
      said.resize(48);
      break;
    case 6:
      said = bytes(8);
      break;
    default:
      said = header(0, record_kind::hello);
  }
  s.says(said);
  s.e.settle();
  CHECK(s.e.acceptor_error == errc::not_coseal);
  CHECK(s.heard().empty());
  CHECK(s.sees_the_end());
}

TEST_CASE("a peer that connects and leaves is not coseal", "[session]") {
  stranger s;
  s.says({});
  s.carrier->close();
  s.e.settle();
  CHECK(s.e.acceptor_error == errc::not_coseal);
}

TEST_CASE("a malformed HELLO with the magic is refused in clear", "[session]") {
  stranger s;
  auto said = header(20, record_kind::hello);
  for (const auto b : text("coseal")) said.push_back(b);
  said.resize(28, std::byte{0xff});
  s.says(said);
  s.e.run();
  CHECK(s.e.acceptor_error == condition::malformed);
  const auto answer = s.heard();
  REQUIRE(answer.size() > record_header::size);
  CHECK(record_header::parse(std::span(answer).first<8>()).kind == record_kind::refused);
}

TEST_CASE("somebody who says nothing is given up after the handshake's time and not before", "[session]") {
  stranger s;
  s.says({});
  s.e.pass(9s);
  CHECK(s.e.running() == 1);
  s.e.pass(1s);
  CHECK(s.e.acceptor_error == errc::handshake_timed_out);
  CHECK(s.sees_the_end());
}

TEST_CASE("dripping bytes does not stretch the handshake's time", "[session]") {
  stranger s;
  s.says(header(900, record_kind::hello));
  for (int i = 0; i < 20 && s.e.running() != 0; ++i) {
    s.e.pass(900ms);
    if (s.e.running() != 0) s.write(bytes(1));
  }
  CHECK(s.e.acceptor_error == errc::handshake_timed_out);
  CHECK(s.e.time->now().time_since_epoch() >= 0s);
}

TEST_CASE("a connector gives up on an acceptor that never answers", "[session]") {
  encounter e(GENERATE(security_level::authenticated, security_level::encrypted));
  e.connector_limits.handshake = 3s;
  auto ends = e.carriers();
  e.begin_connector(std::move(ends.first));
  e.pass(2999ms);
  CHECK(e.running() == 1);
  e.pass(1ms);
  CHECK(e.connector_error == errc::handshake_timed_out);
}

TEST_CASE("a connector at level none gives up on an acceptor that never accepts", "[session]") {
  encounter e(security_level::none);
  auto ends = e.carriers();
  e.begin_connector(std::move(ends.first));
  e.settle();
  REQUIRE(e.connector);
  std::error_code error;
  e.run([&]() -> task<void> {
    const auto accepted = co_await e.connector.accepted(as_result);
    error = accepted.error();
  });
  CHECK(error == errc::handshake_timed_out);
  CHECK(e.connector.failure() == errc::handshake_timed_out);
}

TEST_CASE("within bounds the whole of connecting, the handshake included", "[session]") {
  encounter e;
  e.connecting.within(2s);
  auto ends = e.carriers();
  e.begin_connector(std::move(ends.first));
  e.pass(2s);
  CHECK(e.running() == 0);
  CHECK(e.connector_error == condition::timed_out);
}

TEST_CASE("an acceptor that is something else altogether is an error of the connector", "[session]") {
  encounter e(GENERATE(security_level::authenticated, security_level::encrypted));
  auto ends = e.carriers();
  const auto what = GENERATE(0, 1, 2, 3);
  bytes said = what == 0   ? text("HTTP/1.1 400 Bad Request\r\n\r\n")
               : what == 1 ? header(5000, record_kind::hello_reply)
               : what == 2 ? header(10, record_kind::traffic)
                           : header(0, record_kind::hello_reply);
  e.begin_connector(std::move(ends.first));
  e.settle();
  std::error_code error;
  const asio::const_buffer all(said.data(), said.size());
  ends.second->try_write_some({&all, 1}, error);
  e.settle();
  CHECK(e.running() == 0);
  CAPTURE(what, e.connector_error.message());
  CHECK((e.connector_error == condition::malformed || e.connector_error == condition::peer_misbehaved));
}

TEST_CASE("a record above the announced limit ends the session before memory is taken for it", "[session]") {
  encounter e(security_level::none);
  e.acceptor_limits.max_record = 4096;
  auto ends = e.carriers();
  // A connector made by hand: the session's own HELLO, then a header that lies.
  const auto hello = std::make_shared<bytes>();
  {
    encounter other(security_level::none);
    other.connector_tap.written = hello;
    other.meet();
  }
  e.begin_acceptor(std::move(ends.second));
  std::error_code error;
  const asio::const_buffer first(hello->data(), hello->size());
  ends.first->try_write_some({&first, 1}, error);
  e.settle();
  REQUIRE(e.acceptor);
  const auto lie = header(0x7fffffff, record_kind::traffic);
  const asio::const_buffer second(lie.data(), lie.size());
  ends.first->try_write_some({&second, 1}, error);
  e.run([&]() -> task<void> {
    const auto got = co_await e.acceptor.receive(as_result);
    CHECK(got.error() == errc::record_too_large);
  });
  CHECK(e.acceptor.failure() == errc::record_too_large);
}

TEST_CASE("a handshake record after the session is up is not legal", "[session]") {
  encounter e(security_level::none);
  const auto hello = std::make_shared<bytes>();
  e.connector_tap.written = hello;
  e.meet();
  // The same HELLO again, straight into the acceptor.
  encounter f(security_level::none);
  auto ends = f.carriers();
  f.begin_acceptor(std::move(ends.second));
  for (int twice = 0; twice < 2; ++twice) {
    std::error_code error;
    const asio::const_buffer all(hello->data(), hello->size());
    ends.first->try_write_some({&all, 1}, error);
  }
  f.settle();
  REQUIRE(f.acceptor);
  f.run([&]() -> task<void> {
    const auto got = co_await f.acceptor.receive(as_result);
    CHECK(got.error() == errc::unexpected_record);
  });
}

}  // namespace coseal::test
