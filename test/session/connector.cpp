// A connector over several transports, in virtual time: order, rounds, what is tried again and what is not.

#include "bytes/record_header.hpp"
#include "handshake/refusal.hpp"
#include "session/stage.hpp"
#include "support/memory_listening.hpp"

#include <coseal/connector.hpp>

#include <asio/error.hpp>

namespace coseal::test {
namespace {

using event_kind = connector_event::kind;

/// Some listeners in memory, which can be out of reach, and a connector that knows the way to each.
struct crossroads : encounter {
  struct target {
    explicit target(asio::io_context& io) : place(io) {}
    memory_listening place;
    std::optional<listener> open;
    std::error_code down;  // what reaching it says, if anything
    std::size_t attempts = 0;
    std::function<std::unique_ptr<duplex_carrier>()> instead;
  };
  std::list<target> targets;
  std::vector<connector_event> seen;
  std::vector<clock::time_point> seen_at;
  connector_options options;

  explicit crossroads(std::size_t n, security_level l = security_level::encrypted) : encounter(l) {
    accepting.time(time);
    connecting.level(l).time(time);
    for (std::size_t i = 0; i < n; ++i) {
      targets.emplace_back(io);
      targets.back().down = asio::error::connection_refused;
    }
    options.on_event([this](const connector_event& event) {
      seen.push_back(event);
      seen_at.push_back(time->now());
    });
  }
  target& at(std::size_t i) { return *std::next(targets.begin(), static_cast<std::ptrdiff_t>(i)); }
  void raise(std::size_t i) {
    at(i).down.clear();
    if (!at(i).open) at(i).open.emplace(io.get_executor(), acceptor_side(), at(i).place.address(), accepting);
  }
  static task<result<std::unique_ptr<duplex_carrier>>> reach(target& to) {
    ++to.attempts;
    if (to.down) co_return to.down;
    if (to.instead) co_return to.instead();
    co_return to.place.connect();
  }
  transport way(std::size_t i) {
    return transport(
        "way " + std::to_string(i),
        [to = &at(i)](const asio::any_io_executor&, const operation_options&) { return reach(*to); });
  }
  std::vector<route> ways() {
    std::vector<route> all;
    for (std::size_t i = 0; i < targets.size(); ++i) all.emplace_back(way(i));
    return all;
  }
  coseal::connector make() { return coseal::connector(connector_side(), ways(), connecting, options); }
  result<session> reached(coseal::connector& by, operation_options limits = within(1h)) {
    std::optional<result<session>> got;
    run([&]() -> task<void> { got = co_await by.connect(as_result, limits); });
    return *std::move(got);
  }
  std::size_t count(event_kind what) const {
    return static_cast<std::size_t>(std::ranges::count(seen, what, &connector_event::what));
  }
};

/// A peer that answers a HELLO with a clear refusal.
std::unique_ptr<duplex_carrier> refusing(asio::io_context& io, refusal_code code, std::uint32_t retry_after,
                                         std::vector<std::unique_ptr<duplex_carrier>>& kept) {
  auto ends = memory_pair(io.get_executor(), io.get_executor());
  writer body;
  refusal why;
  why.code = code;
  why.retry_after = std::chrono::milliseconds(retry_after);
  write_refusal(body, why);
  writer record;
  record.bytes(record_header{static_cast<std::uint32_t>(body.size()), record_kind::refused, 0, 0}.bytes());
  record.bytes(body.view());
  const asio::const_buffer all(record.view().data(), record.view().size());
  std::error_code error;
  ends.second->try_write_some({&all, 1}, error);
  kept.push_back(std::move(ends.second));
  return std::move(ends.first);
}

}  // namespace

TEST_CASE("the log tells that a later way had to do", "[session][connector]") {
  crossroads c(2);
  c.raise(1);
  std::string lines;
  endpoint self = c.connector_side();
  self.observe(log(human_log([&](std::string_view line) { lines += line; })));
  coseal::connector by(self, c.ways(), c.connecting, c.options);
  const auto got = c.reached(by);
  CHECK(got);
  CAPTURE(lines);
  CHECK(lines.find(" info connector: a transport failed transport=\"way 0\" result=transport ") !=
        std::string::npos);
  CHECK(lines.find(" warning connector: connected, but not by the first transport transport=\"way 1\"") !=
        std::string::npos);
  CHECK(lines.find(" debug ") == std::string::npos);
}

TEST_CASE("a connector uses the first transport that comes up and says which", "[session][connector]") {
  crossroads c(3, GENERATE(from_range(every_level)));
  const std::size_t up = GENERATE(0U, 1U, 2U);
  c.raise(up);
  connector by = c.make();
  auto got = c.reached(by);
  REQUIRE(got);
  CHECK(got->info().level == c.level);
  CHECK(got->info().peer.environment() == "backend");
  CHECK(by.degraded() == (up != 0));
  CHECK(c.count(event_kind::connecting) == up + 1);
  CHECK(c.count(event_kind::failed) == up);
  CHECK(c.seen.back().what == (up == 0 ? event_kind::connected : event_kind::degraded));
  CHECK(c.seen.back().transport == "way " + std::to_string(up));
}

TEST_CASE("while nobody can be reached the pauses grow, with jitter, up to the longest",
          "[session][connector]") {
  crossroads c(2);
  c.options.backoff(100ms, 2s);
  connector by = c.make();
  c.start([&]() -> task<void> {
    const auto got = co_await by.connect(as_result, within(30s));
    CHECK(got.error() == errc::timed_out);
  });
  c.run();
  auto whole = clock::duration(100ms);
  std::size_t rounds = 0, less = 0;
  for (std::size_t i = 0; i < c.seen.size(); ++i) {
    const auto& event = c.seen[i];
    if (event.what != event_kind::waiting) continue;
    ++rounds;
    CHECK(event.pause >= whole / 2);
    CHECK(event.pause <= whole);
    CHECK(event.why == asio::error::connection_refused);
    less += event.pause != whole ? 1 : 0;
    if (i + 1 < c.seen.size()) CHECK(c.seen_at[i + 1] - c.seen_at[i] == event.pause);
    whole = std::min<clock::duration>(whole * 2, 2s);
  }
  CHECK(rounds > 15);
  CHECK(less > 0);
  CHECK(c.at(0).attempts == rounds);
  CHECK(c.at(1).attempts == rounds);
}

TEST_CASE("a connector gets through when its peer comes up, and after a connection that was cut",
          "[session][connector]") {
  crossroads c(1);
  connector by = c.make();
  std::optional<result<session>> got;
  c.start([&]() -> task<void> { got = co_await by.connect(as_result); });
  c.pass(10s);
  CHECK(!got);
  c.at(0).down.clear();  // a proxy whose server is down: it accepts, and ends
  std::vector<std::unique_ptr<duplex_carrier>> kept;
  memory_knobs ended;
  ended.cut_after = 0;
  c.at(0).instead = [&] {
    auto ends = memory_pair(c.io.get_executor(), c.io.get_executor(), {}, ended);
    kept.push_back(std::move(ends.second));
    return std::move(ends.first);
  };
  c.pass(60s);
  CHECK(!got);
  bool cut = false;
  for (const auto& event : c.seen) cut = cut || event.why == errc::truncated;
  CHECK(cut);
  c.at(0).instead = nullptr;
  c.raise(0);
  c.run();
  REQUIRE(got);
  CHECK(*got);
}

TEST_CASE("a refusal, a forgery or another protocol ends the attempt at once", "[session][connector]") {
  crossroads c(2);
  c.raise(1);
  std::error_code expected;
  std::vector<std::unique_ptr<duplex_carrier>> kept;
  c.at(0).down.clear();
  SECTION("an unconfirmed refusal") {
    c.at(0).instead = [&] { return refusing(c.io, refusal_code::handshake_failed, 0, kept); };
    expected = errc::handshake_refused;
  }
  SECTION("the level") {
    c.at(0).instead = [&] { return refusing(c.io, refusal_code::level, 0, kept); };
    expected = errc::level_refused;
  }
  SECTION("the version") {
    c.at(0).instead = [&] { return refusing(c.io, refusal_code::version, 0, kept); };
    expected = errc::version_unsupported;
  }
  SECTION("a changed key") {
    crossroads other(1);
    other.connector_store = c.connector_store;
    other.raise(0);
    connector first = other.make();
    REQUIRE(other.reached(first));
    c.raise(0);
    expected = errc::key_changed;
  }
  SECTION("not allowed in") {
    c.accepting.authorise([](authorisation_request) -> task<bool> { co_return false; });
    c.raise(0);
    expected = errc::not_authorised;
  }
  SECTION("a misuse") {
    c.at(0).down = errc::invalid_option;
    expected = errc::invalid_option;
  }
  connector by = c.make();
  const auto got = c.reached(by);
  CHECK(got.error() == expected);
  CHECK(c.at(0).attempts == 1);
  CHECK(c.at(1).attempts == 0);
  CHECK(c.count(event_kind::waiting) == 0);
  CHECK(c.seen.back().what == event_kind::failed);
  CHECK(!c.seen.back().explanation.empty());
}

TEST_CASE("busy is tried again, not before the time that was asked for", "[session][connector]") {
  crossroads c(1, GENERATE(from_range(every_level)));
  c.options.backoff(100ms, 1s);
  std::vector<std::unique_ptr<duplex_carrier>> kept;
  c.at(0).down.clear();
  c.at(0).instead = [&] { return refusing(c.io, refusal_code::busy, 7000, kept); };
  connector by = c.make();
  std::optional<result<session>> got;
  c.start([&]() -> task<void> { got = co_await by.connect(as_result); });
  c.pass(6900ms);
  CHECK(c.at(0).attempts == 1);
  c.at(0).instead = nullptr;
  c.raise(0);
  c.pass(200ms);
  CHECK(c.at(0).attempts == 2);
  REQUIRE(got);
  CHECK(*got);
}

TEST_CASE("a plain transport is entered after failures of the network alone", "[session][connector]") {
  crossroads c(2);
  c.options.minimum_level(security_level::none);
  c.raise(1);
  std::vector<std::unique_ptr<duplex_carrier>> kept;
  std::vector<route> ways{c.way(0), plain(c.way(1))};
  connector by(c.connector_side(), ways, c.connecting, c.options);

  SECTION("the network is down") {
    auto got = c.reached(by);
    REQUIRE(got);
    CHECK(got->info().level == security_level::none);
    CHECK(by.degraded());
  }
  SECTION("the secure way refuses") {
    c.at(0).down.clear();
    c.at(0).instead = [&] { return refusing(c.io, refusal_code::handshake_failed, 0, kept); };
    CHECK(c.reached(by).error() == errc::handshake_refused);
    CHECK(c.at(1).attempts == 0);
  }
  SECTION("the secure way is busy") {
    c.at(0).down.clear();
    c.at(0).instead = [&] { return refusing(c.io, refusal_code::busy, 100, kept); };
    CHECK(c.reached(by, within(5s)).error() == errc::timed_out);
    CHECK(c.at(1).attempts == 0);
  }
}

TEST_CASE("options that could lead to no security by accident are refused", "[session][connector]") {
  crossroads c(2);
  const auto refused = [&](std::vector<route> ways) {
    try {
      connector by(c.connector_side(), std::move(ways), c.connecting, c.options);
    } catch (const error& thrown) {
      return thrown.code() == errc::invalid_option;
    }
    return false;
  };
  CHECK(refused({}));
  CHECK(refused({c.way(0), plain(c.way(1))}));
  c.options.minimum_level(security_level::authenticated);
  CHECK(refused({c.way(0), plain(c.way(1))}));
  c.options.minimum_level(security_level::none);
  CHECK(!refused({c.way(0), plain(c.way(1))}));
  CHECK(refused({plain(c.way(0)), c.way(1)}));
  CHECK(refused({plain(c.way(0))}));
  c.options.backoff(0s, 1s);
  CHECK(refused({c.way(0)}));
}

TEST_CASE("a loss is told, and the way back waits a little", "[session][connector]") {
  crossroads c(1);
  c.options.backoff(100ms, 10s).steady_after(60s);
  c.raise(0);
  connector by = c.make();
  auto got = c.reached(by);
  REQUIRE(got);
  const auto lose = [&] {
    std::optional<result<session>> other;
    c.run([&]() -> task<void> { other = co_await c.at(0).open->accept(as_result); });
    (*other)->abort();
    c.settle();
  };
  std::vector<clock::duration> waited;
  for (int i = 0; i < 4; ++i) {
    lose();
    CHECK(c.count(event_kind::lost) == static_cast<std::size_t>(i + 1));
    CHECK(c.seen.back().why == errc::truncated);
    if (i == 3) c.pass(61s);
    const auto before = c.time->now();
    got = c.reached(by);
    REQUIRE(got);
    waited.push_back(c.time->now() - before);
  }
  CHECK((waited[0] >= 50ms && waited[0] <= 100ms));
  CHECK((waited[1] >= 100ms && waited[1] <= 200ms));
  CHECK((waited[2] >= 200ms && waited[2] <= 400ms));
  CHECK((waited[3] >= 50ms && waited[3] <= 100ms));  // it had been steady
  got->abort();
  c.settle();
  CHECK(c.count(event_kind::lost) == 4);  // our own end is no loss
}

TEST_CASE("a better transport is found while a worse one is used, and the old session lives on",
          "[session][connector]") {
  crossroads c(3);
  c.options.backoff(1s, 4s);
  c.raise(2);
  connector by = c.make();
  auto worse = c.reached(by);
  REQUIRE(worse);
  std::optional<result<session>> better;
  c.start([&]() -> task<void> { better = co_await by.better(as_result); });
  c.pass(60s);
  CHECK(!better);
  CHECK(c.at(0).attempts >= 12);
  CHECK(c.at(2).attempts == 1);
  c.raise(1);
  c.pass(5s);
  REQUIRE(better);
  REQUIRE(*better);
  CHECK(by.degraded());
  CHECK(c.seen.back().transport == "way 1");
  CHECK(!worse->failure());
  CHECK(!(*better)->failure());
}

TEST_CASE("where the first transport is used nothing is better, until the wait ends",
          "[session][connector]") {
  crossroads c(2);
  c.raise(0);
  c.raise(1);
  connector by = c.make();
  auto got = c.reached(by);
  REQUIRE(got);
  c.run([&]() -> task<void> {
    const auto better = co_await by.better(as_result, within(5min));
    CHECK(better.error() == errc::timed_out);
  });
  CHECK(c.at(0).attempts == 1);
}

TEST_CASE("a stop token ends a connector wherever it is", "[session][connector]") {
  crossroads c(1, GENERATE(from_range(every_level)));
  const int where = GENERATE(0, 1, 2);  // between rounds, in the handshake, before it began
  std::vector<std::unique_ptr<duplex_carrier>> kept;
  if (where != 0) c.at(0).down.clear();
  c.at(0).instead = [&] {
    auto ends = memory_pair(c.io.get_executor(), c.io.get_executor());
    kept.push_back(std::move(ends.second));
    return std::move(ends.first);
  };
  connector by = c.make();
  std::stop_source stop;
  if (where == 2) stop.request_stop();
  c.start([&]() -> task<void> {
    const auto got = co_await by.connect(as_result, stop_on(stop.get_token()));
    CHECK(got.error() == errc::cancelled);
  });
  if (where != 2) {
    c.settle();
    CHECK(c.running() == 1);
    stop.request_stop();
  }
  c.settle();
  CHECK(c.running() == 0);
}

}  // namespace coseal::test
