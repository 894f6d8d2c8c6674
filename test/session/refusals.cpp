// Every no: both ends learn of it in their own words, and nothing is pinned before ACCEPT.

#include "session/stage.hpp"
#include "support/hostile_storage.hpp"

#include <asio/steady_timer.hpp>

namespace coseal::test {
namespace {

/// Meets at level none too, where the connector learns of a refusal from accepted().
void meet_or_not(encounter& e) {
  e.try_to_meet();
  if (e.connector_error || e.level != security_level::none) return;
  e.run([&]() -> task<void> {
    const auto accepted = co_await e.connector.accepted(as_result);
    e.connector_error = accepted.error();
    if (!accepted) e.connector_text = e.connector.explain(accepted.error());
  });
}

void nobody_is_pinned(encounter& e) {
  CHECK(e.pins(e.connector_store).empty());
  CHECK(e.pins(e.acceptor_store).empty());
}

/// A second encounter of the same two.
struct again : encounter {
  again(encounter& first, security_level l) : encounter(l) {
    connector_store = first.connector_store;
    acceptor_store = first.acceptor_store;
  }
};

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a level below the acceptor's minimum is refused on both ends", "[session][refusal]") {
  const auto level = GENERATE(security_level::none, security_level::authenticated);
  encounter e(level);
  e.accepting.minimum_level(
      GENERATE_COPY(security_level::encrypted, static_cast<security_level>(static_cast<int>(level) + 1)));
  meet_or_not(e);
  CHECK(e.connector_error == errc::level_refused);
  CHECK(e.acceptor_error == errc::level_refused);
  nobody_is_pinned(e);
}

TEST_CASE("a level at or above the minimum is served", "[session][refusal]") {
  for (const auto minimum : every_level)
    for (const auto level : every_level) {
      if (level < minimum) continue;
      encounter e(level);
      e.accepting.minimum_level(minimum);
      meet_or_not(e);
      CHECK(!e.connector_error);
      CHECK(!e.acceptor_error);
    }
}

TEST_CASE("an acceptor that is not the coordinate wanted refuses", "[session][refusal]") {
  encounter e(GENERATE(from_range(every_level)));
  e.connecting.peer(GENERATE(coordinate("another"), coordinate("backend", "other")));
  meet_or_not(e);
  CHECK(e.connector_error == errc::handshake_refused);
  CHECK(e.acceptor_error == errc::coordinate_refused);
  nobody_is_pinned(e);
}

TEST_CASE("anybody is wanted where the coordinate is empty", "[session][refusal]") {
  encounter e(GENERATE(from_range(every_level)));
  e.connecting.peer(coordinate());
  meet_or_not(e);
  CHECK(!e.connector_error);
  CHECK(e.connector.info().peer == e.acceptor_name);
}

TEST_CASE("pins are written on both sides, once the acceptor has accepted", "[session][refusal]") {
  encounter e(GENERATE(security_level::authenticated, security_level::encrypted));
  e.meet();
  const auto of_connector = e.pins(e.connector_store), of_acceptor = e.pins(e.acceptor_store);
  REQUIRE(of_connector.size() == 1);
  REQUIRE(of_acceptor.size() == 1);
  CHECK(of_connector[0].role == peer_role::acceptor);
  CHECK(of_connector[0].where == coordinate("backend"));
  CHECK(of_connector[0].key == e.key(e.acceptor_store));
  CHECK(of_acceptor[0].role == peer_role::connector);
  CHECK(of_acceptor[0].where == e.connector_name);
  CHECK(of_acceptor[0].strongest == e.level);

  again second(e, e.level);
  second.meet();
  CHECK(!second.connector.info().first_contact);
  CHECK(!second.acceptor.info().first_contact);
}

TEST_CASE("level none pins nothing", "[session][refusal]") {
  encounter e(security_level::none);
  e.meet();
  nobody_is_pinned(e);
}

TEST_CASE("an acceptor with another key is refused, with both fingerprints and the command",
          "[session][refusal]") {
  encounter first(GENERATE(security_level::authenticated, security_level::encrypted));
  first.meet();
  again e(first, first.level);
  e.acceptor_store = memory_storage();
  e.try_to_meet();
  CHECK(e.connector_error == errc::key_changed);
  CHECK(e.acceptor_error == errc::key_changed);
  CHECK(says(e.connector_text, first.key(first.acceptor_store).fingerprint()));
  CHECK(says(e.connector_text, e.key(e.acceptor_store).fingerprint()));
  CHECK(says(e.connector_text, "coseal pins accept --acceptor backend " + e.key(e.acceptor_store).to_hex()));
  CHECK(e.pins(e.acceptor_store).empty());
  REQUIRE(e.pins(e.connector_store).size() == 1);
  CHECK(e.pins(e.connector_store)[0].key == first.key(first.acceptor_store));
}

TEST_CASE("a connector with another key is refused, with both fingerprints and the command",
          "[session][refusal]") {
  encounter first(GENERATE(security_level::authenticated, security_level::encrypted));
  first.meet();
  again e(first, first.level);
  e.connector_store = memory_storage();
  e.try_to_meet();
  CHECK(e.connector_error == errc::key_changed);
  CHECK(e.acceptor_error == errc::key_changed);
  CHECK(says(e.acceptor_text, first.key(first.connector_store).fingerprint()));
  CHECK(says(e.acceptor_text, e.key(e.connector_store).fingerprint()));
  CHECK(says(e.acceptor_text,
             "coseal pins accept --connector frontend/one " + e.key(e.connector_store).to_hex()));
  CHECK(e.pins(e.connector_store).empty());
}

TEST_CASE("the throwing form says the same", "[session][refusal]") {
  encounter first;
  first.meet();
  again e(first, first.level);
  e.acceptor_store = memory_storage();
  auto ends = e.carriers();
  e.begin_acceptor(std::move(ends.second));
  e.connecting.time(e.time);
  std::string what;
  e.run([&]() -> task<void> {
    try {
      (void)co_await connect_session(e.connector_side(), std::move(ends.first), e.connecting);
    } catch (const error& thrown) {
      CHECK(thrown.code() == errc::key_changed);
      what = thrown.what();
    }
  });
  CHECK(says(what, "coseal pins accept"));
  CHECK(says(what, "backend"));
}

TEST_CASE("a coordinate does not come back at a weaker level than the strongest seen", "[session][refusal]") {
  const auto strong = GENERATE(security_level::authenticated, security_level::encrypted);
  encounter first(strong);
  first.meet();
  for (const auto weak : every_level) {
    if (weak >= strong) continue;
    CAPTURE(strong, weak);
    again e(first, weak);
    meet_or_not(e);
    CHECK(e.acceptor_error == errc::level_below_record);
    CHECK(e.connector_error ==
          (weak == security_level::none ? errc::handshake_refused : errc::level_below_record));

    again allowed(first, weak);
    allowed.acceptor_trust.ledger = level_ledger_policy::allow;
    meet_or_not(allowed);
    CHECK(!allowed.connector_error);
    CHECK(!allowed.acceptor_error);
    if (weak != security_level::none) CHECK(allowed.connector.info().below_record);
  }
  CHECK(first.pins(first.acceptor_store)[0].strongest == strong);
}

TEST_CASE("an acceptor that admits pinned keys alone refuses a stranger", "[session][refusal]") {
  encounter e(GENERATE(security_level::authenticated, security_level::encrypted));
  e.acceptor_trust.policy = pin_policy::pinned_only;
  e.try_to_meet();
  CHECK(e.acceptor_error == errc::not_pinned);
  CHECK(e.connector_error == errc::not_pinned);
  CHECK(says(e.acceptor_text, "coseal pins accept --connector frontend/one"));
  nobody_is_pinned(e);
}

TEST_CASE("a connector that trusts pinned keys alone refuses a stranger", "[session][refusal]") {
  encounter e(GENERATE(security_level::authenticated, security_level::encrypted));
  e.connector_trust.policy = pin_policy::pinned_only;
  e.try_to_meet();
  CHECK(e.acceptor_error == errc::not_pinned);
  CHECK(e.connector_error == errc::not_pinned);
  nobody_is_pinned(e);
}

TEST_CASE("a connector that is asked about a new pin decides", "[session][refusal]") {
  const bool yes = GENERATE(true, false);
  encounter e;
  e.connector_trust.policy = pin_policy::ask;
  std::string asked;
  e.connector_trust.on_new_pin = [&](new_pin pin) -> task<bool> {
    asked = pin.where.to_string();
    co_return yes;
  };
  e.try_to_meet();
  CHECK(asked == "backend");
  CHECK(e.connector_error == (yes ? std::error_code() : errc::not_pinned));
  CHECK(e.pins(e.connector_store).size() == (yes ? 1 : 0));
}

TEST_CASE("a revoked key is refused", "[session][refusal]") {
  encounter first(GENERATE(security_level::authenticated, security_level::encrypted));
  first.meet();
  const bool of_connector = GENERATE(true, false);
  first.run([&]() -> task<void> {
    const auto done =
        of_connector ? co_await revoke_pin(first.acceptor_store, peer_role::connector, first.connector_name)
                     : co_await revoke_pin(first.connector_store, peer_role::acceptor, coordinate("backend"));
    CHECK(done.value());
  });
  again e(first, first.level);
  e.try_to_meet();
  CHECK(e.acceptor_error == errc::revoked);
  CHECK(e.connector_error == errc::revoked);
}

TEST_CASE("the authorise hook's no reaches both ends and pins nothing", "[session][refusal]") {
  encounter e(GENERATE(from_range(every_level)));
  authorisation_request seen;
  e.accepting.authorise([&](authorisation_request who) -> task<bool> {
    seen = std::move(who);
    co_return false;
  });
  meet_or_not(e);
  CHECK(e.acceptor_error == errc::not_authorised);
  CHECK(e.connector_error ==
        (e.level == security_level::none ? errc::handshake_refused : errc::not_authorised));
  CHECK(seen.where == e.connector_name);
  CHECK(seen.level == e.level);
  CHECK(seen.key.has_value() == (e.level != security_level::none));
  CHECK(seen.first_contact == (e.level != security_level::none));
  nobody_is_pinned(e);
}

TEST_CASE("an authorise hook that throws has not said yes", "[session][refusal]") {
  encounter e(GENERATE(from_range(every_level)));
  e.accepting.authorise([](authorisation_request) -> task<bool> { throw std::runtime_error("out of luck"); });
  meet_or_not(e);
  CHECK(e.acceptor_error == errc::not_authorised);
  CHECK(e.connector_error);
  CHECK(says(e.acceptor_text, "out of luck"));
  nobody_is_pinned(e);
}

TEST_CASE("an authorise hook may take its time, up to the handshake's", "[session][refusal]") {
  encounter e(GENERATE(from_range(every_level)));
  const auto takes = GENERATE(clock::duration(5s), clock::duration(20s));
  asio::steady_timer answer(e.io, std::chrono::steady_clock::time_point::max());
  e.accepting.authorise([&](authorisation_request) -> task<bool> {
    std::error_code ignored;
    co_await answer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_return true;
  });
  e.begin();
  e.pass(takes);
  answer.cancel();
  e.run();
  if (e.level == security_level::none && !e.connector_error) {
    e.run([&]() -> task<void> {
      const auto accepted = co_await e.connector.accepted(as_result);
      e.connector_error = accepted.error();
    });
  }
  if (takes < 10s) {
    CHECK(!e.acceptor_error);
    CHECK(!e.connector_error);
  } else {
    CHECK(e.acceptor_error == errc::handshake_timed_out);
    CHECK((e.connector_error == errc::handshake_timed_out || e.connector_error == errc::truncated));
    nobody_is_pinned(e);
  }
}

TEST_CASE("nothing that came early is handed out before the hook has said yes", "[session][refusal]") {
  encounter e(security_level::none);
  asio::steady_timer answer(e.io, std::chrono::steady_clock::time_point::max());
  e.accepting.authorise([&](authorisation_request) -> task<bool> {
    std::error_code ignored;
    co_await answer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_return true;
  });
  e.begin();
  e.settle();
  REQUIRE(e.connector);
  const auto early = pattern(100);
  CHECK(!e.connector.try_send(early));
  e.settle();
  CHECK(!e.acceptor);
  answer.cancel();
  e.run();
  REQUIRE(e.acceptor);
  e.run([&]() -> task<void> {
    const auto got = co_await e.acceptor.receive();
    CHECK(same(got.bytes(), early));
  });
}

TEST_CASE("channels that differ are refused, and where is said above level none", "[session][refusal]") {
  encounter e(GENERATE(from_range(every_level)));
  channel_definition mine, theirs;
  mine.to_acceptor = {"users", "orders", "prices"};
  theirs.to_acceptor = {"users", "prices", "orders"};
  e.connecting.channel(mine);
  e.accepting.channel(theirs);
  meet_or_not(e);
  CHECK(e.connector_error == errc::channel_mismatch);
  CHECK(e.acceptor_error == errc::channel_mismatch);
  nobody_is_pinned(e);
}

TEST_CASE("at encrypted the refused connector can name the first position that differs",
          "[session][refusal]") {
  encounter e;
  channel_definition mine, theirs;
  mine.to_acceptor = {"users", "orders"};
  theirs.to_acceptor = {"users", "prices", "orders"};  // longer: only the acceptor can tell
  e.connecting.channel(mine);
  e.accepting.channel(theirs);
  e.try_to_meet();
  CHECK(e.connector_error == errc::channel_mismatch);
  CHECK(e.acceptor_error == errc::channel_mismatch);
  CAPTURE(e.connector_text, e.acceptor_text);
  CHECK(says(e.connector_text, "to_acceptor"));
  CHECK(says(e.connector_text, "orders"));
}

TEST_CASE("a channel that is a prefix of the other agrees", "[session][refusal]") {
  encounter e(GENERATE(from_range(every_level)));
  channel_definition shorter, longer;
  shorter.to_acceptor = {"users"};
  longer.to_acceptor = {"users", "orders"};
  const bool connector_is_older = GENERATE(true, false);
  e.connecting.channel(connector_is_older ? shorter : longer);
  e.accepting.channel(connector_is_older ? longer : shorter);
  meet_or_not(e);
  CHECK(!e.connector_error);
  CHECK(!e.acceptor_error);
}

TEST_CASE("a storage that fails at any operation of a handshake is a typed error and no half pin",
          "[session][refusal]") {
  const auto level = GENERATE(from_range(every_level));
  const bool of_connector = GENERATE(true, false);
  bool succeeded = false;
  for (std::size_t n = 0; !succeeded && n < 50; ++n) {
    CAPTURE(n, level, of_connector);
    encounter e(level);
    auto& store = of_connector ? e.connector_store : e.acceptor_store;
    const auto kept = store;
    const auto hostile = std::make_shared<hostile_storage>(kept);
    hostile->fail_at(n);
    store = hostile;
    meet_or_not(e);
    store = kept;
    succeeded = n >= hostile->operations();
    if (e.connector_error) CHECK(typed(e.connector_error));
    if (e.acceptor_error) CHECK(typed(e.acceptor_error));
    const auto& own = of_connector ? e.connector_error : e.acceptor_error;
    if (own) CHECK(own == condition::storage);
    if (succeeded) {
      CHECK(!e.connector_error);
      CHECK(!e.acceptor_error);
    }
    // Whoever refused has pinned nobody; the other may have pinned only if it saw the whole handshake.
    if (own) CHECK(e.pins(kept).empty());
  }
  CHECK(succeeded);
}

TEST_CASE("limits and options that can not be used are misuse before anything is sent",
          "[session][refusal]") {
  encounter e(GENERATE(from_range(every_level)));
  const auto written = std::make_shared<bytes>();
  e.connector_tap.written = written;
  session_limits wrong;
  switch (GENERATE(0, 1, 2, 3, 4)) {
    case 0:
      wrong.max_record = 4095;
      break;
    case 1:
      wrong.max_frame = 0;
      break;
    case 2:
      wrong.keepalive = 99ms;
      break;
    case 3:
      wrong.send_queue = 10;
      break;
    default:
      wrong.padding = 100'000;
  }
  e.connector_limits = wrong;
  auto ends = e.carriers();
  e.begin_connector(std::move(ends.first));
  e.run();
  CHECK(e.connector_error == errc::invalid_option);
  CHECK(written->empty());
}

TEST_CASE("an AEAD that does not exist is said so on its own side", "[session][refusal]") {
  encounter e;
  const bool connector = GENERATE(true, false);
  if (connector)
    e.connecting.aead("rot13");
  else
    e.accepting.aead("rot13");
  e.try_to_meet();
  CHECK((connector ? e.connector_error : e.acceptor_error) == errc::no_aead_backend);
  CHECK(typed(connector ? e.acceptor_error : e.connector_error));
  nobody_is_pinned(e);
}

}  // namespace coseal::test
