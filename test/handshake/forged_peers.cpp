// Peers that know the protocol and lie in one point.
#include "handshake/forgery.hpp"
#include "support/catch.hpp"

#include <coseal/error.hpp>

#include <algorithm>

namespace coseal::test {
namespace {

using change_lie = std::function<void(forgery&)>;

/// A meeting with a lying acceptor; checks the connector's error and what it told.
void lying_acceptor(const change_lie& change, errc expected, std::optional<refusal_code> told) {
  auto lie = std::make_shared<forgery>(coordinate("backend", "b1"));
  change(*lie);
  meeting m;
  m.instead_of_acceptor = forged_acceptor(lie);
  m.run();
  CHECK(m.connector_error() == expected);
  CHECK(m.connector_pins().empty());
  CHECK(lie->answer.has_value() == told.has_value());
  if (told && lie->answer) CHECK(lie->answer->code == *told);
}

void lying_connector(const change_lie& change, errc expected,
                     std::optional<refusal_code> told = refusal_code::handshake_failed) {
  auto lie = std::make_shared<forgery>(coordinate("frontend", "f1"));
  change(*lie);
  meeting m;
  m.instead_of_connector = forged_connector(lie);
  m.run();
  CHECK(m.acceptor_error() == expected);
  CHECK(m.acceptor_pins().empty());
  CHECK(lie->answer.has_value() == told.has_value());
  if (told && lie->answer) CHECK(lie->answer->code == *told);
}

const change_lie other_key = [](forgery& lie) { lie.identity.key = signing_key::generate().public_part(); };
const change_lie other_role = [](forgery& lie) { lie.sign_as_the_other_role = true; };
const change_lie wrong_finished = [](forgery& lie) { lie.wrong_finished = true; };

/// Leaves sig and fin where they are: what changes is the identity before them.
change_lie change_plaintext(std::function<void(std::vector<std::byte>&)> change) {
  return [change](forgery& lie) { lie.change_plaintext = change; };
}

const auto trailing_byte =
    change_plaintext([](std::vector<std::byte>& plaintext) { plaintext.push_back(std::byte{0}); });
const auto too_short = change_plaintext([](std::vector<std::byte>& plaintext) { plaintext.resize(95); });
const auto empty = change_plaintext([](std::vector<std::byte>& plaintext) { plaintext.clear(); });
/// Gives the last parameter, time, another type.
change_lie type_of_time(std::uint8_t high_byte, std::uint8_t low_byte) {
  return [=](forgery& lie) {
    lie.change_identity = [=](std::vector<std::byte>& identity) {
      const std::size_t type = identity.size() - 1 - 8 - 2 - 2;  // no succession, value, size, type
      identity.at(type) = std::byte{high_byte};
      identity.at(type + 1) = std::byte{low_byte};
    };
  };
}

key_share small_order() {
  key_share one{};
  one[0] = std::byte{1};
  return one;
}

}  // namespace

TEST_CASE("forged peers that tell the truth succeed", "[handshake]") {
  auto acceptor = std::make_shared<forgery>(coordinate("backend", "b1"));
  meeting m;
  m.instead_of_acceptor = forged_acceptor(acceptor);
  m.run();
  CHECK(!m.connector_error());
  CHECK(acceptor->answer_kind == record_kind::finish);

  auto connector = std::make_shared<forgery>(coordinate("frontend", "f1"));
  meeting n;
  n.instead_of_connector = forged_connector(connector);
  n.run();
  CHECK(!n.acceptor_error());
}

TEST_CASE("a key that the peer does not hold is a bad signature", "[handshake]") {
  lying_acceptor(other_key, errc::bad_signature, refusal_code::handshake_failed);
  lying_connector(other_key, errc::bad_signature);
}

TEST_CASE("a signature made in the other role is a bad signature", "[handshake]") {
  lying_acceptor(other_role, errc::bad_signature, refusal_code::handshake_failed);
  lying_connector(other_role, errc::bad_signature);
}

TEST_CASE("a wrong Finished is refused", "[handshake]") {
  lying_acceptor(wrong_finished, errc::bad_finished, refusal_code::handshake_failed);
  lying_connector(wrong_finished, errc::bad_finished);
}

TEST_CASE("sealed bytes that are no identity are malformed", "[handshake]") {
  for (const auto& change : {trailing_byte, too_short, empty}) {
    lying_acceptor(change, errc::malformed_message, std::nullopt);
    lying_connector(change, errc::malformed_message);
  }
}

TEST_CASE("an unknown critical parameter is refused, another unknown one is not", "[handshake]") {
  lying_acceptor(type_of_time(0x80, 4), errc::unknown_critical_extension, std::nullopt);
  lying_connector(type_of_time(0x80, 4), errc::unknown_critical_extension);

  auto acceptor = std::make_shared<forgery>(coordinate("backend", "b1"));
  type_of_time(0x7f, 4)(*acceptor);
  meeting m;
  m.instead_of_acceptor = forged_acceptor(acceptor);
  m.run();
  CHECK(!m.connector_error());
  auto connector = std::make_shared<forgery>(coordinate("frontend", "f1"));
  type_of_time(0x7f, 4)(*connector);
  meeting n;
  n.instead_of_connector = forged_connector(connector);
  n.run();
  CHECK(!n.acceptor_error());
}

TEST_CASE("parameters that do not ascend are malformed", "[handshake]") {
  lying_acceptor(type_of_time(0, 3), errc::malformed_message, std::nullopt);
  lying_connector(type_of_time(0, 2), errc::malformed_message);
}

TEST_CASE("an acceptor that shows another coordinate than the one wanted is refused", "[handshake]") {
  lying_acceptor([](forgery& lie) { lie.identity.where = coordinate("worker", "b1"); },
                 errc::coordinate_refused, refusal_code::coordinate);
  auto lie = std::make_shared<forgery>(coordinate("backend", "b2"));
  meeting m;
  m.request.wanted = coordinate("backend", "b1");
  m.instead_of_acceptor = forged_acceptor(lie);
  m.run();
  CHECK(m.connector_error() == errc::coordinate_refused);
  CHECK(lie->answer->code == refusal_code::coordinate);
}

TEST_CASE("an answer to another question is refused without a word", "[handshake]") {
  const auto reply = [](std::function<void(hello_reply&)> change) {
    return [change](forgery& lie) { lie.change_reply = change; };
  };
  for (const int level : {0, 1, 3, 0x82})
    lying_acceptor(reply([=](hello_reply& m2) { m2.level = static_cast<std::uint8_t>(level); }),
                   errc::level_changed, std::nullopt);
  lying_acceptor(reply([](hello_reply& m2) { m2.version = 2; }), errc::parameter_changed, std::nullopt);
  lying_acceptor(reply([](hello_reply& m2) { m2.suite = 2; }), errc::parameter_changed, std::nullopt);
  lying_acceptor(reply([](hello_reply& m2) { m2.share = small_order(); }), errc::bad_key_share, std::nullopt);
  lying_acceptor(reply([](hello_reply& m2) { m2.share = {}; }), errc::bad_key_share, std::nullopt);
}

TEST_CASE("a reflected key share is refused", "[handshake]") {
  std::vector<std::byte> m1;
  meeting m;
  m.from_connector = change_record(0, [&](std::vector<std::byte>& record) { m1 = record; });
  m.from_acceptor = change_record(0, [&](std::vector<std::byte>& record) {
    const auto e_i = std::span(m1).subspan(record_header::size + 12, 32);
    std::ranges::copy(e_i, record.begin() + record_header::size + 4 + channel_version::size);
  });
  m.run();
  CHECK(m.connector_error() == errc::bad_key_share);
}

TEST_CASE("a hello that does not follow its form is refused in clear", "[handshake]") {
  const auto asks = [](std::function<void(hello&)> change) {
    return [change](forgery& lie) { lie.change_hello = change; };
  };
  lying_connector(asks([](hello& m1) { m1.share = small_order(); }), errc::bad_key_share);
  lying_connector(asks([](hello& m1) { m1.versions.clear(); }), errc::malformed_message);
  lying_connector(asks([](hello& m1) { m1.versions.assign(9, 1); }), errc::malformed_message);
  lying_connector(asks([](hello& m1) { m1.suites.assign(9, 1); }), errc::malformed_message);
  lying_connector(asks([](hello& m1) {
                    m1.suites = {2, 3};
                  }),
                  errc::version_unsupported, refusal_code::version);
  lying_connector(asks([](hello& m1) { m1.claimed.emplace().where = coordinate("frontend"); }),
                  errc::malformed_message);
  lying_connector(asks([](hello& m1) { m1.level = security_level::none; }), errc::malformed_message);
}

TEST_CASE("a hello that offers more than this version knows is served", "[handshake]") {
  auto lie = std::make_shared<forgery>(coordinate("frontend", "f1"));
  lie->change_hello = [](hello& m1) {
    m1.versions = {3, 2, 1};
    m1.suites = {7, 1};
  };
  meeting m;
  m.instead_of_connector = forged_connector(lie);
  m.run();
  CHECK(!m.acceptor_error());
}

TEST_CASE("a succession that is forged or leads elsewhere is refused", "[handshake]") {
  meeting first;
  first.run();
  const public_key pinned = first.acceptor_key();
  const std::string instance = (**first.connector).peer.instance();
  auto second = again(first, security_level::encrypted);
  auto lie = std::make_shared<forgery>(coordinate("backend", instance));
  auto statement = sign_succession(lie->signer, lie->signer.public_part(), lie->identity.where, 1);
  statement.previous = pinned;  // signed by the new key instead of the pinned one
  lie->identity.succession.push_back(statement);
  second.instead_of_acceptor = forged_acceptor(lie);
  second.run();
  CHECK(second.connector_error() == errc::bad_succession);
  CHECK(lie->answer->code == refusal_code::bad_succession);
  CHECK(second.connector_pins().front().key == pinned);
}

}  // namespace coseal::test
