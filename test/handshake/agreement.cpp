// Handshakes that succeed, and what they leave behind.
#include "handshake/meeting.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"

#include <coseal/error.hpp>

#include <algorithm>
#include <chrono>
#include <set>

namespace coseal::test {
namespace {

bool same(const secret32& a, const secret32& b) {
  return std::ranges::equal(a.view(), b.view());
}

std::vector<std::byte> bytes_of(const secret32& s) {
  return {s.view().begin(), s.view().end()};
}

const security_level secure_levels[] = {security_level::authenticated, security_level::encrypted};

}  // namespace

TEST_CASE("both sides agree on secrets, names, parameters and channels", "[handshake]") {
  for (const auto level : secure_levels) {
    meeting m(level);
    m.request.own_parameters.max_record = 8192;
    m.request.own_parameters.keepalive = std::chrono::seconds(7);
    m.policy.own_parameters.max_frame = 1000;
    m.request.channel.to_acceptor = {"greet", "bye"};
    m.policy.channel.to_acceptor = {"greet"};
    m.run();
    REQUIRE(m.agreed());
    const handshake_outcome& i = **m.connector;
    const handshake_outcome& r = (*m.acceptor)->agreed;

    CHECK(i.level == level);
    CHECK(r.level == level);
    CHECK(same(i.secrets->send, r.secrets->receive));
    CHECK(same(i.secrets->receive, r.secrets->send));
    CHECK(same(i.secrets->binding, r.secrets->binding));
    CHECK(same(i.secrets->exporter, r.secrets->exporter));
    CHECK(i.peer_key == m.acceptor_key());
    CHECK(r.peer_key == m.connector_key());
    CHECK(i.peer == r.own->where);
    CHECK(r.peer == i.own->where);
    CHECK(r.peer.environment() == "frontend");
    CHECK(!r.peer.instance().empty());
    CHECK(r.peer_parameters.max_record == 8192);
    CHECK(r.peer_parameters.keepalive == std::chrono::seconds(7));
    CHECK(i.peer_parameters.max_frame == 1000);
    CHECK(i.peer_channel.to_acceptor.count == 1);
    CHECK(r.peer_channel.to_acceptor.count == 2);
    CHECK(!(*m.acceptor)->refused);
  }
}

TEST_CASE("no two of the secrets of two handshakes at two levels are equal", "[handshake]") {
  std::set<std::vector<std::byte>> all;
  for (const auto level :
       {security_level::authenticated, security_level::encrypted, security_level::encrypted}) {
    meeting m(level);
    m.run();
    REQUIRE(m.agreed());
    const auto& s = *(**m.connector).secrets;
    for (const secret32* one : {&s.send, &s.receive, &s.binding, &s.exporter}) all.insert(bytes_of(*one));
  }
  CHECK(all.size() == 12);
}

TEST_CASE("pins are checked in the handshake and written by commit alone", "[handshake]") {
  meeting m;
  m.run();
  REQUIRE(m.agreed());
  CHECK((**m.connector).pinned->first_contact());
  CHECK((*m.acceptor)->agreed.pinned->first_contact());
  CHECK(m.connector_pins().empty());
  CHECK(m.acceptor_pins().empty());

  auto second = again(m, security_level::encrypted);
  CHECK(second.acceptor_pins().size() == 1);
  second.run();
  REQUIRE(second.agreed());
  CHECK(!(**second.connector).pinned->first_contact());
  CHECK(!(*second.acceptor)->agreed.pinned->first_contact());
}

TEST_CASE("an acceptor is pinned under what was asked for, a connector under all that it shows",
          "[handshake]") {
  meeting m;
  m.run();
  const std::string instance = (**m.connector).peer.instance();
  CHECK((**m.connector).pinned->claim().pin_name == coordinate("backend"));
  CHECK((*m.acceptor)->agreed.pinned->claim().pin_name == (**m.connector).own->where);

  auto exact = again(m, security_level::encrypted);
  exact.request.wanted = coordinate("backend", instance);
  exact.run();
  REQUIRE(exact.agreed());
  CHECK((**exact.connector).pinned->claim().pin_name == coordinate("backend", instance));

  meeting anybody;
  anybody.request.wanted = coordinate();
  anybody.run();
  REQUIRE(anybody.agreed());
  CHECK((**anybody.connector).pinned->claim().pin_name == coordinate("backend"));
  CHECK(!(**anybody.connector).peer.instance().empty());
}

TEST_CASE("a connector that asks for less than it saw before is warned, not refused", "[handshake]") {
  meeting first;
  first.acceptor_trust.ledger = level_ledger_policy::allow;
  first.run();
  auto second = again(first, security_level::authenticated);
  second.run();
  REQUIRE(second.agreed());
  CHECK((**second.connector).pinned->below_record());
}

TEST_CASE("each side announces the present time unless it is given one", "[handshake]") {
  using namespace std::chrono;
  const auto before = duration_cast<milliseconds>(system_clock::now().time_since_epoch());
  meeting m;
  m.policy.own_parameters.time = milliseconds(42);
  m.run();
  REQUIRE(m.agreed());
  CHECK((**m.connector).peer_parameters.time == milliseconds(42));
  const auto told = (*m.acceptor)->agreed.peer_parameters.time;
  CHECK(told >= before);
  CHECK(told <= before + minutes(1));
}

TEST_CASE("either side follows the succession of the other's key", "[handshake]") {
  meeting first;
  first.run();
  REQUIRE(first.agreed());
  const coordinate frontend = (**first.connector).own->where;
  const coordinate backend = (*first.acceptor)->agreed.own->where;
  const public_key old_acceptor = first.acceptor_key();
  auto second = again(first, security_level::encrypted);
  REQUIRE(await(rotate_identity(second.connector_store, frontend)));
  REQUIRE(await(rotate_identity(second.acceptor_store, backend)));
  REQUIRE(await(rotate_identity(second.acceptor_store, backend)));
  second.run();
  REQUIRE(second.agreed());
  CHECK((**second.connector).peer_key != old_acceptor);
  CHECK(!(**second.connector).pinned->first_contact());

  auto third = again(second, security_level::encrypted);
  third.run();
  REQUIRE(third.agreed());
  CHECK(third.connector_pins().front().key == third.acceptor_key());
  CHECK(third.acceptor_pins().front().key == third.connector_key());
}

TEST_CASE("the authorise hook sees who was proved at which level", "[handshake]") {
  for (const auto level : {security_level::none, security_level::authenticated, security_level::encrypted}) {
    std::vector<authorisation_request> asked;
    meeting m(level);
    m.policy.authorise = [&asked](authorisation_request who) -> task<bool> {
      asked.push_back(std::move(who));
      co_return true;
    };
    m.run();
    REQUIRE(m.agreed());
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].where == (**m.connector).own->where);
    CHECK(asked[0].level == level);
    CHECK(asked[0].key.has_value() == (level != security_level::none));
    CHECK(asked[0].first_contact == (level != security_level::none));
    if (asked[0].key) CHECK(*asked[0].key == m.connector_key());
  }
}

TEST_CASE("level none takes one message and proves nothing", "[handshake]") {
  int sent_by_acceptor = 0;
  meeting m(security_level::none);
  m.request.own_parameters.max_frame = 77;
  m.request.channel.to_connector = {"news"};
  m.from_acceptor = [&](std::vector<std::byte>&) {
    ++sent_by_acceptor;
    return passage::open;
  };
  m.run();
  REQUIRE(m.agreed());
  CHECK(sent_by_acceptor == 0);
  const handshake_outcome& i = **m.connector;
  const handshake_outcome& r = (*m.acceptor)->agreed;
  CHECK(i.level == security_level::none);
  CHECK(r.level == security_level::none);
  CHECK(!i.secrets);
  CHECK(!r.secrets);
  CHECK(!i.peer_key);
  CHECK(!r.peer_key);
  CHECK(!r.pinned);
  CHECK(i.peer.empty());
  CHECK(r.peer == i.own->where);
  CHECK(r.peer_parameters.max_frame == 77);
  CHECK(r.peer_channel.to_connector.count == 1);
}

TEST_CASE("options that no message can hold are misuse", "[handshake]") {
  meeting m;
  m.request.own_parameters.max_record = 100;
  m.run();
  CHECK(m.connector_error() == errc::invalid_option);

  meeting n;
  n.policy.own_parameters.keepalive = std::chrono::milliseconds(3);
  n.run();
  CHECK(n.acceptor_error() == errc::invalid_option);
}

}  // namespace coseal::test
