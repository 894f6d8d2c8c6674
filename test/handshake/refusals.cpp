// Every refusal of docs/protocol.md: the local error, what the peer is told, and that nothing was pinned.
#include "handshake/forgery.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/hostile_storage.hpp"

#include <coseal/error.hpp>

namespace coseal::test {
namespace {

using Catch::Matchers::Contains;

constexpr std::size_t header = record_header::size;
// Offsets in M1 as these tests write it: one version, one suite.
constexpr std::size_t at_magic = header;
constexpr std::size_t at_version = header + 7;
constexpr std::size_t at_suite = header + 10;
constexpr std::size_t at_level = header + 11;

void nothing_is_pinned(const meeting& m) {
  CHECK(m.connector_pins().empty());
  CHECK(m.acceptor_pins().empty());
}

wire_hook set_byte(int record, std::size_t at, std::uint8_t value) {
  return change_record(record, [=](std::vector<std::byte>& bytes) { bytes.at(at) = std::byte{value}; });
}

/// Another kind, and a body that every kind may have.
wire_hook set_kind(int record, int kind) {
  return change_record(record, [=](std::vector<std::byte>& bytes) {
    bytes.at(4) = static_cast<std::byte>(kind);
    bytes.resize(header + 40);
    fix_length(bytes);
  });
}

/// A refusal after M3 verified: sealed by the session, so that I's handshake has succeeded by then.
void refused_sealed(const meeting& m, errc local, refusal_code code) {
  REQUIRE(m.acceptor);
  REQUIRE(*m.acceptor);
  const accept_outcome& outcome = **m.acceptor;
  CHECK(outcome.refused_because == local);
  REQUIRE(outcome.refused);
  CHECK(outcome.refused->code == code);
  CHECK(!outcome.agreed.pinned);
  REQUIRE(*m.connector);
  REQUIRE(outcome.agreed.secrets);
  CHECK(std::ranges::equal(outcome.agreed.secrets->send.view(), (**m.connector).secrets->receive.view()));
}

}  // namespace

TEST_CASE("bytes without the magic are not coseal and get no answer", "[handshake]") {
  meeting m;
  m.from_connector = set_byte(0, at_magic, 'C');
  m.run();
  CHECK(m.acceptor_error() == errc::not_coseal);
  CHECK(m.connector_error() == errc::truncated);
  nothing_is_pinned(m);
}

TEST_CASE("a first record that is no hello is not coseal and gets no answer", "[handshake]") {
  for (const int kind : {0x00, 0x02, 0x03, 0x04, 0x05, 0x06, 0x10, 0x47}) {
    meeting m;
    m.from_connector = set_kind(0, kind);
    m.run();
    CHECK(m.acceptor_error() == errc::not_coseal);
    CHECK(m.connector_error() == errc::truncated);
  }
}

TEST_CASE("an acceptor without the offered version or suite says so", "[handshake]") {
  for (const auto at : {at_version, at_suite}) {
    meeting m;
    m.from_connector = set_byte(0, at, 9);
    m.run();
    CHECK(m.acceptor_error() == errc::version_unsupported);
    CHECK(m.connector_error() == errc::version_unsupported);
    nothing_is_pinned(m);
  }
}

TEST_CASE("a hello of another version is refused though the rest has another form", "[handshake]") {
  meeting m;
  m.from_connector = change_record(0, [](std::vector<std::byte>& record) {
    record.at(at_version) = std::byte{2};
    record.resize(at_version + 4);
    fix_length(record);
  });
  m.run();
  CHECK(m.acceptor_error() == errc::version_unsupported);
  CHECK(m.connector_error() == errc::version_unsupported);
}

TEST_CASE("a level that the acceptor does not serve is refused at both ends", "[handshake]") {
  for (const auto level : {security_level::authenticated, security_level::encrypted}) {
    meeting m(level);
    m.policy.authenticated = level != security_level::authenticated;
    m.policy.encrypted = level != security_level::encrypted;
    m.run();
    CHECK(m.acceptor_error() == errc::level_refused);
    CHECK(m.connector_error() == errc::level_refused);
    nothing_is_pinned(m);
  }
  meeting none(security_level::none);
  none.policy.none = false;
  none.run();
  CHECK(none.acceptor_error() == errc::level_refused);

  meeting unknown;
  unknown.from_connector = set_byte(0, at_level, 3);
  unknown.run();
  CHECK(unknown.acceptor_error() == errc::level_refused);
  CHECK(unknown.connector_error() == errc::level_refused);
}

TEST_CASE("an acceptor that is not the one wanted refuses without saying why", "[handshake]") {
  for (const auto level : {security_level::none, security_level::encrypted}) {
    for (const auto& wanted : {coordinate("worker"), coordinate("backend", "another")}) {
      meeting m(level);
      m.request.wanted = wanted;
      m.run();
      CHECK(m.acceptor_error() == errc::coordinate_refused);
      if (level != security_level::none) CHECK(m.connector_error() == errc::handshake_refused);
      nothing_is_pinned(m);
    }
  }
}

TEST_CASE("an acceptor without room says busy and when to retry", "[handshake]") {
  meeting m;
  m.policy.room_for_half_open = [] { return false; };
  m.policy.retry_after = std::chrono::milliseconds(1234);
  m.run();
  CHECK(m.acceptor_error() == errc::busy);
  CHECK(m.connector_error() == errc::busy);
  CHECK(m.connector_report.retry_after == std::chrono::milliseconds(1234));

  meeting none(security_level::none);
  none.policy.room_for_half_open = [] { return false; };
  none.run();
  CHECK(none.agreed());  // half-open is what level none never is
}

TEST_CASE("a clear refusal becomes an error code by its table", "[handshake]") {
  const std::pair<std::uint8_t, errc> table[] = {
      {1, errc::version_unsupported}, {2, errc::level_refused},
      {3, errc::channel_mismatch},    {4, errc::busy},
      {5, errc::handshake_refused},   {6, errc::handshake_refused},
      {16, errc::handshake_refused},  {19, errc::handshake_refused},
      {255, errc::handshake_refused}};
  for (const auto& [code, expected] : table) {
    meeting m;
    m.instead_of_acceptor = acceptor_that_says(refused_record(code));
    m.run();
    CHECK(m.connector_error() == expected);
    CHECK(m.connector_pins().empty());
  }
}

TEST_CASE("nobody can forge more than a minute of waiting, nor details in clear", "[handshake]") {
  meeting busy;
  busy.instead_of_acceptor = acceptor_that_says(refused_record(4, 0xffff'ffff));
  busy.run();
  CHECK(busy.connector_report.retry_after == std::chrono::minutes(1));

  meeting detailed;
  detailed.instead_of_acceptor = acceptor_that_says(refused_record(3, 0, 4));
  detailed.run();
  CHECK(detailed.connector_error() == errc::malformed_message);
}

TEST_CASE("a connector accepts no other record than an answer to its hello", "[handshake]") {
  for (const int kind : {0x00, 0x01, 0x03, 0x05, 0x06, 0x07, 0x10, 0xff}) {
    meeting m;
    m.from_acceptor = set_kind(0, kind);
    m.run();
    CHECK(m.connector_error() == errc::unexpected_record);
    CHECK(m.acceptor_error() == errc::truncated);
    nothing_is_pinned(m);
  }
}

TEST_CASE("an acceptor accepts no other record than an answer to its reply", "[handshake]") {
  for (const int kind : {0x00, 0x01, 0x02, 0x04, 0x06, 0x07, 0x10, 0xff}) {
    meeting m;
    m.from_connector = set_kind(1, kind);
    m.run();
    CHECK(m.acceptor_error() == errc::unexpected_record);
    nothing_is_pinned(m);
  }
}

TEST_CASE("an answer that is too large to be read is still refused in words", "[handshake]") {
  meeting m;
  std::vector<std::byte> last;
  m.from_connector = change_record(1, [](std::vector<std::byte>& record) {
    record.resize(header + 4097);
    fix_length(record);
  });
  m.from_acceptor = [&](std::vector<std::byte>& record) {
    last = record;
    return passage::open;
  };
  m.run();
  CHECK(m.acceptor_error() == errc::record_too_large);
  CHECK(last == refused_record(5));
}

TEST_CASE("a changed acceptor key is refused with both fingerprints and the command", "[handshake]") {
  meeting first;
  first.run();
  const public_key pinned = first.acceptor_key();
  auto second = again(first, security_level::encrypted);
  second.acceptor_store = memory_storage();
  second.run();
  CHECK(second.connector_error() == errc::key_changed);
  CHECK(second.acceptor_error() == errc::key_changed);  // the ABORT says it under hi
  CHECK(second.acceptor_pins().empty());
  CHECK(second.connector_pins().front().key == pinned);

  const auto& report = second.connector_report;
  const public_key shown = second.acceptor_key();
  CHECK(report.pinned == pinned);
  CHECK(report.shown == shown);
  CHECK(report.explanation == "acceptor backend was pinned as " + pinned.fingerprint() + " and now shows " +
                                  shown.fingerprint() +
                                  "; if you expected this: coseal pins accept --acceptor " + "backend " +
                                  shown.to_hex() + " --store <store>");
}

TEST_CASE("a changed connector key is refused under the traffic keys", "[handshake]") {
  meeting first;
  first.run();
  const std::string instance = (**first.connector).own->where.instance();
  auto second = again(first, security_level::encrypted);
  auto lie = std::make_shared<forgery>(coordinate("frontend", instance));
  second.instead_of_connector = forged_connector(lie);
  second.run();
  CHECK(second.acceptor_error() == errc::key_changed);
  REQUIRE((*second.acceptor)->refused);
  CHECK((*second.acceptor)->refused->code == refusal_code::key_changed);
  CHECK(second.acceptor_report.pinned == first.connector_key());
  CHECK(second.acceptor_report.shown == lie->signer.public_part());
  CHECK_THAT(second.acceptor_report.explanation, Contains("pins accept --connector frontend/" + instance));
}

TEST_CASE("a policy that demands pins refuses strangers on either side", "[handshake]") {
  meeting connector;
  connector.connector_trust.policy = pin_policy::pinned_only;
  connector.run();
  CHECK(connector.connector_error() == errc::not_pinned);
  CHECK(connector.acceptor_error() == errc::not_pinned);
  CHECK_THAT(connector.connector_report.explanation, Contains(connector.acceptor_key().fingerprint()));
  nothing_is_pinned(connector);

  meeting acceptor;
  acceptor.acceptor_trust.policy = pin_policy::pinned_only;
  acceptor.run();
  refused_sealed(acceptor, errc::not_pinned, refusal_code::not_pinned);
}

TEST_CASE("a coordinate seen at a stronger level is refused at a weaker one", "[handshake]") {
  meeting first;
  first.run();
  auto second = again(first, security_level::authenticated);
  second.run();
  refused_sealed(second, errc::level_below_record, refusal_code::level_below_record);

  meeting third(security_level::none);
  third.connector_store = second.connector_store;
  third.acceptor_store = second.acceptor_store;
  std::vector<std::byte> answer;
  third.from_acceptor = change_record(0, [&](std::vector<std::byte>& record) { answer = record; });
  third.run();
  CHECK(third.acceptor_error() == errc::level_below_record);
  CHECK(answer == refused_record(5));  // in clear: handshake_failed and no more
}

TEST_CASE("revoked pins are refused on either side", "[handshake]") {
  meeting first;
  first.run();
  const coordinate frontend = (**first.connector).own->where;
  auto second = again(first, security_level::encrypted);
  REQUIRE(await(revoke_pin(second.acceptor_store, peer_role::connector, frontend)));
  second.run();
  refused_sealed(second, errc::revoked, refusal_code::revoked);

  REQUIRE(await(revoke_pin(second.connector_store, peer_role::acceptor, coordinate("backend"))));
  meeting third;
  third.connector_store = second.connector_store;
  third.acceptor_store = second.acceptor_store;
  third.run();
  CHECK(third.connector_error() == errc::revoked);
  CHECK(third.acceptor_error() == errc::revoked);
}

TEST_CASE("a hook that says no or throws is not authorised", "[handshake]") {
  meeting no;
  no.policy.authorise = [](authorisation_request) -> task<bool> { co_return false; };
  no.run();
  refused_sealed(no, errc::not_authorised, refusal_code::not_authorised);

  meeting thrown;
  thrown.policy.authorise = [](authorisation_request) -> task<bool> {
    throw std::runtime_error("no database");
    co_return true;
  };
  thrown.run();
  refused_sealed(thrown, errc::not_authorised, refusal_code::not_authorised);
  CHECK_THAT(thrown.acceptor_report.explanation, Contains("no database"));

  meeting none(security_level::none);
  std::vector<std::byte> answer;
  none.policy.authorise = [](authorisation_request) -> task<bool> { co_return false; };
  none.from_acceptor = change_record(0, [&](std::vector<std::byte>& record) { answer = record; });
  none.run();
  CHECK(none.acceptor_error() == errc::not_authorised);
  CHECK(answer == refused_record(5));
}

TEST_CASE("too many new pins are busy, sealed and with a time", "[handshake]") {
  meeting m;
  m.acceptor_trust.max_pins = 0;
  m.run();
  refused_sealed(m, errc::busy, refusal_code::busy);
  CHECK((*m.acceptor)->refused->retry_after == std::chrono::seconds(1));
}

TEST_CASE("an acceptor with the longer channel refuses sealed and names the position", "[handshake]") {
  meeting m;
  m.request.channel.to_acceptor = {"a", "b"};
  m.policy.channel.to_acceptor = {"a", "x", "c"};
  m.run();
  refused_sealed(m, errc::channel_mismatch, refusal_code::channel);
  const auto detail = (*m.acceptor)->refused->detail;
  CHECK_THAT(explain_channel_difference(channel_definition{{"a", "b"}, {}}, detail),
             Contains("to_acceptor differs first at position 2, which is \"b\" here"));
  CHECK_THAT(m.acceptor_report.explanation, Contains("within the first 2 positions of to_acceptor"));
}

TEST_CASE("a connector with the longer channel aborts and the acceptor can name the position",
          "[handshake]") {
  meeting m;
  m.request.channel.to_connector = {"a", "b", "c"};
  m.policy.channel.to_connector = {"a", "x"};
  m.run();
  CHECK(m.connector_error() == errc::channel_mismatch);
  CHECK(m.acceptor_error() == errc::channel_mismatch);
  CHECK_THAT(m.connector_report.explanation, Contains("within the first 2 positions of to_connector"));
  CHECK_THAT(m.acceptor_report.explanation,
             Contains("to_connector differs first at position 2, which is \"x\" here"));
  nothing_is_pinned(m);
}

TEST_CASE("the abort of a very long channel still fits its record", "[handshake]") {
  meeting m;
  for (int i = 0; i < 300; ++i) {
    m.request.channel.to_acceptor.push_back(std::to_string(i));
    m.request.channel.to_connector.push_back(std::to_string(i));
  }
  m.policy.channel.to_acceptor = {"0", "x"};
  m.run();
  CHECK(m.connector_error() == errc::channel_mismatch);
  CHECK(m.acceptor_error() == errc::channel_mismatch);
  CHECK_THAT(m.acceptor_report.explanation, Contains("position 2"));
}

TEST_CASE("at level none a channel that differs is refused in clear", "[handshake]") {
  meeting m(security_level::none);
  std::vector<std::byte> answer;
  m.request.channel.to_acceptor = {"b"};
  m.policy.channel.to_acceptor = {"a"};
  m.from_acceptor = change_record(0, [&](std::vector<std::byte>& record) { answer = record; });
  m.run();
  CHECK(m.acceptor_error() == errc::channel_mismatch);
  CHECK(answer == refused_record(3));
}

TEST_CASE("a changed key is not hidden behind a channel that differs", "[handshake]") {
  meeting first;
  first.run();
  auto second = again(first, security_level::encrypted);
  second.acceptor_store = memory_storage();
  second.request.channel.to_acceptor = {"b"};
  second.policy.channel.to_acceptor = {"a"};
  second.run();
  CHECK(second.connector_error() == errc::key_changed);
}

TEST_CASE("a storage that fails is unavailable to the peer and storage_failed here", "[handshake]") {
  // Operation by operation: the identity, then the pins.
  for (std::size_t nth = 0; nth < 4; ++nth) {
    meeting warm;
    warm.run();
    auto m = again(warm, security_level::encrypted);
    auto hostile = std::make_shared<hostile_storage>(m.acceptor_store);
    hostile->fail_at(nth);
    m.acceptor_store = hostile;
    m.run();
    if (m.agreed()) {
      CHECK(nth >= 2);
      continue;
    }
    CHECK(m.acceptor_error() == condition::storage);
    if (*m.acceptor) {
      CHECK((*m.acceptor)->refused->code == refusal_code::unavailable);
    } else {
      CHECK(m.connector_error() == errc::handshake_refused);
    }
  }
  meeting warm;
  warm.run();
  auto m = again(warm, security_level::encrypted);
  auto hostile = std::make_shared<hostile_storage>(m.connector_store);
  hostile->fail_at(1);
  m.connector_store = hostile;
  m.run();
  CHECK(m.connector_error() == condition::storage);
  CHECK(m.acceptor_error() == errc::busy);  // "unavailable", sealed in ABORT
}

}  // namespace coseal::test
