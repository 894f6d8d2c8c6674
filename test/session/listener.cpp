// A listener among strangers: half-open handshakes are bounded, in all and by source, whatever the strangers
// do.

#include "bytes/record_header.hpp"
#include "session/stage.hpp"
#include "support/memory_listening.hpp"

#include <map>

namespace coseal::test {
namespace {

/// A listener in memory with the sessions that it hands out.
struct hall : encounter {
  memory_listening place{io};
  std::vector<std::error_code> refused;
  std::optional<listener> open;

  explicit hall(security_level l = security_level::encrypted) : encounter(l) {
    accepting.time(time).on_refused(
        [this](std::error_code error, const std::string&, const std::string&) { refused.push_back(error); });
  }
  void listen() { open.emplace(io.get_executor(), acceptor_side(), place.address(), accepting); }
  /// Connects with a session of its own name; the error, if any.
  std::error_code visit(const std::string& source = {}) {
    begin_connector(place.connect(source));
    run();
    return connector_error;
  }
  result<session> next() {
    std::optional<result<session>> got;
    run([&]() -> task<void> { got = co_await open->accept(as_result, within(20s)); });
    return *std::move(got);
  }
};

/// True if a clear REFUSED came.
bool was_refused(duplex_carrier& carrier) {
  bytes got(256);
  std::error_code error;
  got.resize(carrier.try_read_some(got, error));
  return got.size() >= record_header::size &&
         record_header::parse(std::span(got).first<8>()).kind == record_kind::refused;
}

}  // namespace

TEST_CASE("a listener hands out sessions at every level", "[session][listener]") {
  hall h(GENERATE(from_range(every_level)));
  h.listen();
  CHECK(!h.visit());
  auto got = h.next();
  REQUIRE(got);
  h.acceptor = *std::move(got);
  h.run([&]() -> task<void> {
    const auto frame = pattern(10);
    co_await h.connector.send(frame);
    const auto there = co_await h.acceptor.receive();
    CHECK(same(there.bytes(), frame));
  });
  CHECK(h.acceptor.info().level == h.level);
}

TEST_CASE("accept can be given up and the next session is not lost", "[session][listener]") {
  hall h;
  h.listen();
  h.run([&]() -> task<void> {
    const auto got = co_await h.open->accept(as_result, within(1s));
    CHECK(got.error() == errc::timed_out);
  });
  std::stop_source stop;
  h.start([&]() -> task<void> {
    const auto got = co_await h.open->accept(as_result, stop_on(stop.get_token()));
    CHECK(got.error() == errc::cancelled);
  });
  h.settle();
  stop.request_stop();
  h.run();
  CHECK(!h.visit());
  CHECK(h.next());
}

TEST_CASE("a closed listener ends accept and handshakes, and leaves sessions alone", "[session][listener]") {
  hall h;
  h.listen();
  CHECK(!h.visit());
  auto kept = h.next();
  REQUIRE(kept);
  session connector = std::move(h.connector);

  const auto half_open = h.place.connect();
  h.start([&]() -> task<void> {
    const auto got = co_await h.open->accept(as_result);
    CHECK(got.error() == errc::cancelled);
  });
  h.settle();
  h.open->close();
  h.run();
  h.settle();
  CHECK(h.place.alive() == 1);
  h.run([&]() -> task<void> {
    const auto again = co_await h.open->accept(as_result);
    CHECK(again.error() == errc::cancelled);
    const auto frame = pattern(10);
    co_await connector.send(frame);
    const auto there = co_await kept->receive();
    CHECK(same(there.bytes(), frame));
  });
}

TEST_CASE("a listener that is destroyed ends what waits on it", "[session][listener]") {
  hall h;
  h.listen();
  h.start([&]() -> task<void> {
    const auto got = co_await h.open->accept(as_result);
    CHECK(got.error() == errc::cancelled);
  });
  h.settle();
  const auto half_open = h.place.connect();
  h.settle();
  h.open.reset();
  h.run();
  h.settle();
  CHECK(h.place.alive() == 0);
}

TEST_CASE("ten thousand half-open handshakes take bounded memory and shut nobody out for good",
          "[session][listener]") {
  hall h;
  h.listen();
  std::vector<std::unique_ptr<duplex_carrier>> flood;
  std::size_t most = 0;
  for (int i = 0; i < 10'000; ++i) {
    flood.push_back(h.place.connect("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)));
    h.settle();
    most = std::max(most, h.place.alive());
  }
  CHECK(most <= 512 + 256 + 1);
  std::size_t told = 0;
  for (const auto& each : flood) told += was_refused(*each) ? 1 : 0;
  CHECK(told > 0);
  CHECK(h.refused.size() >= 10'000 - 512);
  for (const auto& error : h.refused) REQUIRE(error == errc::busy);

  h.pass(11s);  // all of them have had their time
  CHECK(h.place.alive() == 0);
  CHECK(h.refused.size() == 10'000);
  CHECK(!h.visit());
  CHECK(h.next());
}

TEST_CASE("a source has a share of the half-open handshakes", "[session][listener]") {
  hall h;
  h.accepting.half_open(100, 3);
  h.listen();
  std::vector<std::unique_ptr<duplex_carrier>> flood;
  for (int i = 0; i < 10; ++i) flood.push_back(h.place.connect("10.0.0.1"));
  h.settle();
  CHECK(h.refused.size() == 7);
  CHECK(h.visit("10.0.0.1") == errc::busy);
  CHECK(!h.visit("10.0.0.2"));
  CHECK(h.next());
  // A handshake that ends gives its place back, whatever its end.
  flood[0]->close();
  flood[1]->close();
  flood[2]->close();
  h.settle();
  CHECK(!h.visit("10.0.0.1"));
}

TEST_CASE("newcomers are dropped at random when the half-open handshakes near their bound",
          "[session][listener]") {
  hall h;
  h.accepting.half_open(200, 200);
  h.listen();
  std::vector<std::unique_ptr<duplex_carrier>> flood;
  for (int i = 0; i < 140; ++i) flood.push_back(h.place.connect("s" + std::to_string(i)));
  h.settle();
  CHECK(h.refused.empty());
  for (int i = 0; i < 60; ++i) flood.push_back(h.place.connect("t" + std::to_string(i)));
  h.settle();
  CHECK(!h.refused.empty());
  CHECK(h.refused.size() < 60);
}

TEST_CASE("busy reaches the connector as a hint", "[session][listener]") {
  hall h(GENERATE(from_range(every_level)));
  h.accepting.half_open(1, 1);
  h.listen();
  const auto first = h.place.connect("10.0.0.1");
  h.settle();
  auto error = h.visit("10.0.0.2");
  if (!error) {  // level none: the connector did not wait for an answer
    h.run([&]() -> task<void> {
      const auto accepted = co_await h.connector.accepted(as_result);
      error = accepted.error();
    });
  }
  CHECK(error == errc::busy);
  CHECK(h.pins(h.connector_store).empty());
}

TEST_CASE("a session that nobody takes keeps its place until somebody does", "[session][listener]") {
  hall h;
  h.accepting.half_open(2, 2);
  h.listen();
  CHECK(!h.visit("10.0.0.1"));
  session first = std::move(h.connector);
  h.settle();
  const bool second = !h.visit("10.0.0.1");
  session other = std::move(h.connector);
  h.settle();
  if (second) CHECK(h.visit("10.0.0.1") == errc::busy);
  CHECK(h.next());
  if (second) CHECK(h.next());
  CHECK(!h.visit("10.0.0.1"));
}

TEST_CASE("sessions are bounded in all and by source, and one that ends makes room", "[session][listener]") {
  hall h;
  h.accepting.sessions(3, 2);
  h.listen();
  std::vector<session> connectors, acceptors;
  const auto visit = [&](const std::string& source) {
    const auto error = h.visit(source);
    if (error) return error;
    connectors.push_back(std::move(h.connector));
    auto got = h.next();
    REQUIRE(got);
    acceptors.push_back(*std::move(got));
    return error;
  };
  CHECK(!visit("10.0.0.1"));
  CHECK(!visit("10.0.0.1"));
  CHECK(visit("10.0.0.1") == errc::busy);
  CHECK(!visit("10.0.0.2"));
  CHECK(visit("10.0.0.3") == errc::busy);
  CHECK(h.refused.size() == 2);
  h.settle();

  acceptors.erase(acceptors.begin());  // however it ends
  h.settle();
  CHECK(!visit("10.0.0.3"));
  CHECK(visit("10.0.0.1") == errc::busy);
  connectors.clear();
  h.settle();
  acceptors.clear();
  h.settle();
  CHECK(!visit("10.0.0.1"));
}

TEST_CASE("handshakes in flight count as the sessions that they may become", "[session][listener]") {
  hall h;
  h.accepting.sessions(2, 2);
  h.listen();
  const auto one = h.place.connect("10.0.0.1"), other = h.place.connect("10.0.0.2");
  h.settle();
  CHECK(h.visit("10.0.0.3") == errc::busy);
  h.pass(11s);
  CHECK(!h.visit("10.0.0.3"));
  CHECK(h.next());
}

TEST_CASE("one stranger's failure does not end the listener", "[session][listener]") {
  hall h;
  h.accepting.authorise(
      [](authorisation_request) -> task<bool> { throw std::runtime_error("a bug of the user's"); });
  h.listen();
  CHECK(h.visit() == errc::not_authorised);
  CHECK(h.visit() == errc::not_authorised);
  h.settle();
  CHECK(h.refused.size() == 2);
}

TEST_CASE("a listener refuses limits that the protocol can not express", "[session][listener]") {
  hall h;
  session_limits wrong;
  wrong.max_record = 100;
  h.accepting.limits(wrong);
  try {
    h.listen();
    FAIL("it listens");
  } catch (const error& thrown) {
    CHECK(thrown.code() == errc::invalid_option);
  }
}

}  // namespace coseal::test
