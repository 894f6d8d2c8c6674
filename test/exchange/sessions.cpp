#include "exchange_stage.hpp"
#include "trust/pin_record.hpp"

#include <coseal/pins.hpp>

using namespace coseal;
using namespace coseal::test;
using namespace std::chrono_literals;

TEST_CASE("every request of one session may go to another process", "[exchange]") {
  const auto level = GENERATE(security_level::authenticated, security_level::encrypted);
  exchange_stage stage;
  for (int i = 0; i < 4; ++i) stage.process(stage.shared_memory());
  auto start = stage.hello(stage.processes[0], level).value();
  CHECK(stage.open(start.session, start.asked, stage.post(stage.processes[1], start.finish)) == "re: first");
  for (std::size_t i = 0; i < 8; ++i)
    CHECK(stage.ask(start.session, stage.processes[i % 4], "call") == "re: call");
  CHECK(stage.handled == 9);
  for (const auto& call : stage.calls) {
    CHECK(call.caller.environment() == "frontend");
    CHECK(call.key.has_value());
    CHECK(call.level == level);
    CHECK(!call.maybe_replayed);
    CHECK(call.session_id == start.session.id());
  }
}

TEST_CASE("only at encrypted the body of a call is hidden", "[exchange]") {
  exchange_stage stage;
  auto& process = stage.process();
  const auto shows = [&](security_level level) {
    auto session = stage.session(process, level);
    const auto asked = session.seal(octets_of("who reads this"), 0s, false, stage.steady).value();
    const auto answer = stage.post(process, asked.record);
    const bool in_request = text_of(asked.record).find("who reads this") != std::string::npos;
    const bool in_answer = text_of(answer).find("who reads this") != std::string::npos;
    CHECK(in_request == in_answer);
    return in_request;
  };
  CHECK(shows(security_level::authenticated));
  CHECK(!shows(security_level::encrypted));
}

TEST_CASE("a finish and a request replayed at two processes are never answered under one key", "[exchange]") {
  exchange_stage stage;
  auto& one = stage.process(exchange_server_options().replay(replay_policy::none()));
  auto& other = stage.process(exchange_server_options().replay(replay_policy::none()));
  auto start = stage.hello(one, security_level::encrypted, true).value();
  const auto differ = [](const octets& a, const octets& b) {
    REQUIRE(a.size() == b.size());
    const auto salt_of = [](const octets& answer) { return octets(answer.begin() + 8, answer.begin() + 40); };
    CHECK(salt_of(a) != salt_of(b));
    CHECK(octets(a.begin() + 40, a.end()) != octets(b.begin() + 40, b.end()));
  };
  const auto first = stage.post(one, start.finish);
  differ(first, stage.post(other, start.finish));
  CHECK(stage.open(start.session, start.asked, first) == "re: first");
  const auto asked = start.session.seal(octets_of("again"), 0s, true, stage.steady).value();
  differ(stage.post(one, asked.record), stage.post(other, asked.record));
  CHECK(stage.calls.back().maybe_replayed);
  CHECK(stage.calls.back().idempotent);
}

TEST_CASE("a request that was seen is not handled again", "[exchange]") {
  exchange_stage stage;
  auto& one = stage.process();
  auto& other = stage.process();
  auto start = stage.hello(one).value();
  const auto first = stage.post(one, start.finish);
  CHECK(stage.open(start.session, start.asked, stage.post(one, start.finish)) ==
        message(errc::request_replayed));
  CHECK(stage.open(start.session, start.asked, first) == "re: first");
  const auto asked = start.session.seal(octets_of("once"), 0s, false, stage.steady).value();
  CHECK(stage.open(start.session, asked, stage.post(one, asked.record)) == "re: once");
  CHECK(stage.open(start.session, asked, stage.post(one, asked.record)) == message(errc::request_replayed));
  // Another process can not know, and says so under seal.
  CHECK(stage.open(start.session, asked, stage.post(other, asked.record)) ==
        message(errc::once_not_promised));
  CHECK(stage.handled == 2);
  // It named itself, so that the next request is its own.
  CHECK(stage.ask(start.session, other, "there") == "re: there");

  // Half a minute later its time has passed; a system clock that is set back does not bring it back.
  stage.pass(31s);
  CHECK(stage.open(start.session, asked, stage.post(one, asked.record)) == message(errc::request_time));
  stage.wall -= 31s;
  CHECK(stage.open(start.session, asked, stage.post(one, asked.record)) == message(errc::request_time));
  CHECK(stage.handled == 3);
}

TEST_CASE("a store shared by all processes remembers for all", "[exchange]") {
  exchange_stage stage;
  auto& one = stage.process(stage.shared_memory());
  auto& other = stage.process(stage.shared_memory());
  auto session = stage.session(one);
  const auto asked = session.seal(octets_of("once"), 0s, false, stage.steady).value();
  CHECK(stage.open(session, asked, stage.post(one, asked.record)) == "re: once");
  CHECK(stage.open(session, asked, stage.post(other, asked.record)) == message(errc::request_replayed));
  CHECK(await(stage.backend_store->list("replay/")).value().size() == 2);
  // What no process would take any more goes.
  stage.pass(91s);
  stage.ask(session, one, "later");
  CHECK(await(stage.backend_store->list("replay/")).value().size() == 3);
  stage.pass(90s);
  CHECK(await(stage.backend_store->list("replay/")).value().size() == 1);
}

TEST_CASE("a guard that is full turns newcomers away and forgets nobody", "[exchange]") {
  exchange_stage stage;
  auto& process = stage.process(exchange_server_options().replay(replay_policy::this_process(3)));
  auto session = stage.session(process);
  const auto second = session.seal(octets_of("second"), 0s, false, stage.steady).value();
  CHECK(stage.open(session, second, stage.post(process, second.record)) == "re: second");
  CHECK(stage.ask(session, process, "third") == "re: third");
  // In clear: a copy of it may still be handled later, so that nobody may take it for a proof.
  CHECK(stage.ask(session, process, "fourth") == "clear");
  CHECK(stage.open(session, second, stage.post(process, second.record)) == message(errc::request_replayed));
  stage.pass(91s);
  CHECK(stage.ask(session, process, "fifth") == "re: fifth");
}

TEST_CASE("tokens are renewed for a day, by the checks of a full handshake", "[exchange]") {
  exchange_stage stage;
  auto& process = stage.process();
  auto session = stage.session(process);
  stage.pass(29min);
  CHECK(stage.ask(session, process, "young") == "re: young");
  stage.pass(26min);
  CHECK(stage.ask(session, process, "renewed") == "re: renewed");
  for (int hours = 0; hours < 22; ++hours) {
    stage.pass(55min);
    INFO("after hour " << hours);
    REQUIRE(session.alive(stage.steady));
    REQUIRE(stage.ask(session, process, "on") == "re: on");
  }

  SECTION("and no longer") {
    for (int i = 0; i < 20 && session.alive(stage.steady); ++i) {
      stage.ask(session, process, "on");
      stage.pass(20min);
    }
    CHECK(!session.alive(stage.steady));
    stage.pass(1h);
    CHECK(stage.ask(session, process, "late") == message(errc::session_expired));
  }
  SECTION("not for a key that was revoked") {
    const auto pins = await(list_pins(stage.backend_store)).value();
    REQUIRE(pins.size() == 1);
    REQUIRE(await(revoke_pin(stage.backend_store, pins[0].role, pins[0].where)).value());
    CHECK(stage.ask(session, process, "within the token's hour") == "re: within the token's hour");
    stage.pass(31min);
    CHECK(stage.ask(session, process, "renewed?") == message(errc::revoked));
  }
  SECTION("not across the auth epoch, which voids at once") {
    stage.change_identity([](identity_document& document) { ++document.auth_epoch; });
    stage.pass(11s);
    CHECK(stage.ask(session, process, "now") == message(errc::session_expired));
  }
}

TEST_CASE("the request ring rolls in the store, once for all processes", "[exchange]") {
  exchange_stage stage;
  auto& one = stage.process(stage.shared_memory());
  auto& other = stage.process(stage.shared_memory());
  const auto newest = [&] {
    return await(read_identity(stage.backend_store)).value()->document.request_ring.next().id;
  };
  auto session = stage.session(one);
  CHECK(stage.ask(session, other, "both know the ring") == "re: both know the ring");
  const auto before = newest();
  stage.pass(12h - 5min);
  CHECK(stage.session(one).accepted());
  CHECK(newest() == before);
  auto old = stage.session(one);
  stage.pass(6min);
  auto fresh = stage.session(one);  // rolls
  CHECK(newest() == before + 1);
  CHECK(stage.ask(old, other, "under the key before") == "re: under the key before");
  CHECK(stage.ask(fresh, other, "under the current one") == "re: under the current one");
  CHECK(newest() == before + 1);
  for (int i = 0; i < 3; ++i) {
    stage.pass(12h + 1min);
    stage.session(other);
  }
  CHECK(newest() == before + 4);
  // The key that the first tokens were sealed under is erased.
  CHECK(await(read_identity(stage.backend_store)).value()->document.request_ring.find(before - 1) == nullptr);
  CHECK(stage.ask(fresh, one, "long gone") == "clear");
  CHECK(stage.refused.back() == errc::session_expired);
}

TEST_CASE("a store that can not be written serves derived token keys", "[exchange]") {
  exchange_stage stage;
  auto& one = stage.process(exchange_server_options().tokens(token_keys::derived_no_forward_secrecy));
  auto session = stage.session(one);
  stage.pass(40min);
  auto& rolling = stage.process();
  CHECK(stage.ask(session, one, "derived") == "re: derived");
  CHECK(stage.ask(session, rolling, "another kind of key") == "clear");
  auto ringed = stage.session(rolling);
  CHECK(stage.ask(ringed, one, "and the other way round") == "clear");
}

TEST_CASE("a handler that throws is told without its words", "[exchange]") {
  exchange_stage stage;
  auto& process = stage.process();
  auto session = stage.session(process);
  CHECK(stage.ask(session, process, "throw") == message(errc::peer_failed));
  CHECK(stage.refused.back() == errc::peer_failed);
  CHECK(stage.ask(session, process, "on") == "re: on");
}
