#include "exchange_stage.hpp"

using namespace coseal;
using namespace coseal::test;
using namespace std::chrono_literals;

namespace {

/// Every byte of `good` flipped in turn, and every length that it may be cut to.
void for_each_damage(const octets& good, const std::function<void(octets)>& check) {
  for (std::size_t i = 0; i < good.size(); ++i) {
    octets bad = good;
    bad[i] ^= std::byte{static_cast<unsigned char>(1U << (i % 8))};
    check(std::move(bad));
  }
  for (std::size_t n = 0; n < good.size(); ++n)
    check(octets(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n)));
  octets longer = good;
  longer.push_back(std::byte{0});
  check(std::move(longer));
}

/// The offsets of what stands in a REQUEST.
constexpr std::size_t token_at = 8 + 2;
std::size_t token_size(const octets& request) {
  return std::to_integer<std::size_t>(request[8]) << 8 | std::to_integer<std::size_t>(request[9]);
}

}  // namespace

TEST_CASE("a damaged finish is refused in clear and nothing runs", "[exchange]") {
  exchange_stage stage;
  auto& process = stage.process();
  auto start = stage.hello(process).value();
  for_each_damage(start.finish, [&](octets bad) {
    const auto answer = stage.post(process, std::move(bad));
    REQUIRE(exchange_stage::is_clear(answer));
  });
  CHECK(stage.handled == 0);
  CHECK(await(stage.backend_store->list("pin")).value().empty());
  CHECK(stage.open(start.session, start.asked, stage.post(process, start.finish)) == "re: first");
}

TEST_CASE("a damaged request is refused in clear and nothing runs", "[exchange]") {
  const auto level = GENERATE(security_level::authenticated, security_level::encrypted);
  exchange_stage stage;
  auto& process = stage.process();
  auto session = stage.session(process, level);
  const auto asked = session.seal(octets_of("call"), 5s, false, stage.steady).value();
  const int before = stage.handled;
  for_each_damage(asked.record, [&](octets bad) {
    const auto answer = stage.post(process, std::move(bad));
    REQUIRE(exchange_stage::is_clear(answer));
  });
  CHECK(stage.handled == before);
  CHECK(stage.open(session, asked, stage.post(process, asked.record)) == "re: call");
}

TEST_CASE("a damaged answer is never opened", "[exchange]") {
  const auto level = GENERATE(security_level::authenticated, security_level::encrypted);
  exchange_stage stage;
  auto& process = stage.process();
  auto session = stage.session(process, level);
  const auto asked = session.seal(octets_of("call"), 5s, false, stage.steady).value();
  const auto answer = stage.post(process, asked.record);
  for_each_damage(answer, [&](octets bad) { REQUIRE(!session.open(std::move(bad), asked, stage.steady)); });
  CHECK(stage.open(session, asked, answer) == "re: call");
  const auto other = session.seal(octets_of("call"), 5s, false, stage.steady).value();
  CHECK(stage.open(session, other, answer) ==
        message(errc::bad_record_tag));  // an answer to another question
}

TEST_CASE("a damaged answer to HELLO makes no session", "[exchange]") {
  exchange_stage stage;
  auto& process = stage.process();
  const auto good = stage.hello(process);
  REQUIRE(good);
  octets reply;
  REQUIRE(stage.hello(process, security_level::encrypted, false, [&](octets& said) { reply = said; }));
  for (std::size_t i = 0; i < reply.size(); i += 3) {
    const auto start = stage.hello(process, security_level::encrypted, false,
                                   [&](octets& said) { said[i] ^= std::byte{0x10}; });
    if (!start) continue;
    // What I can not check is the token, which is opaque to it: R does.
    REQUIRE(exchange_stage::is_clear(stage.post(process, start->finish)));
  }
  CHECK(stage.handled == 0);
}

TEST_CASE("tokens are good for their kind, their session and their service alone", "[exchange]") {
  exchange_stage stage;
  auto& process = stage.process(stage.shared_memory());
  auto& namesake = stage.process(stage.shared_memory().endpoint_id("another service"));
  auto one = stage.session(process);
  auto other = stage.session(process);
  const auto mine = one.seal(octets_of("call"), 0s, false, stage.steady).value();
  const auto theirs = other.seal(octets_of("call"), 0s, false, stage.steady).value();
  REQUIRE(mine.record.size() == theirs.record.size());
  const auto with_token_of = [](octets request, const octets& from) {
    const auto size = token_size(from);
    REQUIRE(size == token_size(request));
    std::copy_n(from.begin() + token_at, size, request.begin() + token_at);
    return request;
  };
  CHECK(exchange_stage::is_clear(stage.post(process, with_token_of(mine.record, theirs.record))));
  CHECK(stage.refused.back() == errc::bad_record_tag);

  // Another service of the same identity opens the token, but the request was not made for it.
  CHECK(exchange_stage::is_clear(stage.post(namesake, mine.record)));
  CHECK(stage.refused.back() == errc::bad_record_tag);

  // A handshake token where a session's belongs, and the other way round.
  auto start = stage.hello(process).value();
  CHECK(exchange_stage::is_clear(stage.post(process, start.asked.record)));
  CHECK(stage.refused.back() == errc::malformed_message);
  octets finish(start.finish.begin(),
                start.finish.end() - static_cast<std::ptrdiff_t>(start.asked.record.size()));
  finish.insert(finish.end(), mine.record.begin(), mine.record.end());
  CHECK(exchange_stage::is_clear(stage.post(process, finish)));
  CHECK(stage.refused.back() == errc::malformed_message);
  CHECK(stage.open(one, mine, stage.post(process, mine.record)) == "re: call");
}

TEST_CASE("a finish waits for half a minute", "[exchange]") {
  exchange_stage stage;
  auto& process = stage.process();
  auto start = stage.hello(process).value();
  stage.pass(30s);
  auto late = stage.hello(process).value();
  CHECK(stage.open(start.session, start.asked, stage.post(process, start.finish)) == "re: first");
  stage.pass(31s);
  CHECK(exchange_stage::is_clear(stage.post(process, late.finish)));
  CHECK(stage.refused.back() == errc::session_expired);
}

TEST_CASE("what comes from the future is refused", "[exchange]") {
  exchange_stage stage;
  auto& process = stage.process();
  auto session = stage.session(process);
  auto start = stage.hello(process).value();
  stage.pass(2min);
  // The connector's clock runs on, the acceptor's machine was set back before it started again.
  stage.wall -= 5min;
  auto& restarted = stage.process();
  CHECK(stage.ask(session, restarted, "early") == message(errc::request_time));
  CHECK(exchange_stage::is_clear(stage.post(restarted, start.finish)));
  CHECK(stage.refused.back() == errc::session_expired);
}

TEST_CASE("nothing but a HELLO, a FINISH and a REQUEST is answered with more than a refusal", "[exchange]") {
  exchange_stage stage;
  auto& process = stage.process();
  for (int kind = 0; kind < 256; ++kind)
    for (const std::size_t size : {0, 4, 8, 100}) {
      octets body(size);
      if (size > 4) body[4] = static_cast<std::byte>(kind);
      if (size > 8) body[3] = static_cast<std::byte>(size - 8);
      REQUIRE(exchange_stage::is_clear(stage.post(process, body)));
    }
}

TEST_CASE("levels that are not served make no session, and no weaker one", "[exchange]") {
  exchange_stage stage;
  auto& strict = stage.process(exchange_server_options().minimum_level(security_level::encrypted));
  CHECK(stage.hello(strict, security_level::authenticated).error() == errc::level_refused);
  auto& lenient = stage.process();
  auto session = stage.session(lenient, security_level::authenticated);
  const auto asked = session.seal(octets_of("a"), 0s, true, stage.steady).value();
  CHECK(stage.open(session, asked, stage.post(strict, asked.record)) == message(errc::level_refused));
  const auto none = exchange_server_options().minimum_level(security_level::none);
  CHECK_THROWS_AS(stage.process(none), coseal::error);
}
