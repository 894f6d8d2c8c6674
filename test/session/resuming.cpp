// Sessions that outlive their connection: docs/protocol.md section 11.
#include "bytes/record_header.hpp"
#include "session/stage.hpp"
#include "trust/identity_document.hpp"

#include <coseal/sessions.hpp>

#include <asio/buffer.hpp>

#include <algorithm>
#include <set>

namespace coseal::test {
namespace {

/// A frontend that meets a backend again and again, each time over a fresh pair of carriers.
class reunion : public stage {
 public:
  std::shared_ptr<storage> frontend_store = memory_storage(), backend_store = memory_storage();
  endpoint frontend{coordinate("frontend", "one"), frontend_store};
  endpoint backend{coordinate("backend", "main"), backend_store};
  connect_options connecting;
  accept_options accepting;
  tap frontend_tap, backend_tap;  // for the next meeting

  explicit reunion(security_level level = security_level::encrypted) {
    connecting.peer(coordinate("backend")).level(level).time(time);
    accepting.time(time);
  }

  struct ends {
    session connector, acceptor;
    std::error_code connector_error, acceptor_error;

    bool met() const { return connector && acceptor; }
    session_start start() const {
      REQUIRE(met());
      REQUIRE(connector.info().start == acceptor.info().start);
      REQUIRE(connector.info().session_id == acceptor.info().session_id);
      return connector.info().start;
    }
  };

  ends meet(session_binding from = {}) {
    auto pair = memory_pair(io.get_executor(), io.get_executor());
    const auto forth = std::make_shared<std::unique_ptr<duplex_carrier>>(
        std::make_unique<tapped_carrier>(std::move(pair.first), frontend_tap));
    const auto back = std::make_shared<std::unique_ptr<duplex_carrier>>(
        std::make_unique<tapped_carrier>(std::move(pair.second), backend_tap));
    ends made;
    connect_options wanted = connecting;
    wanted.resume(std::move(from));
    start([this, &made, back]() -> task<void> {
      auto got = co_await accept_session(as_result, backend, std::move(*back), accepting);
      made.acceptor_error = got.error();
      if (got) made.acceptor = *std::move(got);
    });
    run([this, &made, forth, &wanted]() -> task<void> {
      auto got = co_await connect_session(as_result, frontend, std::move(*forth), wanted);
      made.connector_error = got.error();
      if (got) made.connector = *std::move(got);
    });
    return made;
  }

  /// What the acceptor makes of bytes that somebody sends it.
  std::error_code replay(const bytes& recorded) {
    auto pair = memory_pair(io.get_executor(), io.get_executor());
    std::error_code ignored, outcome;
    const asio::const_buffer all(recorded.data(), recorded.size());
    REQUIRE(pair.first->try_write_some({&all, 1}, ignored) == recorded.size());
    const auto back = std::make_shared<std::unique_ptr<duplex_carrier>>(std::move(pair.second));
    run([this, &outcome, back]() -> task<void> {
      auto got = co_await accept_session(as_result, backend, std::move(*back), accepting);
      outcome = got.error();
    });
    return outcome;
  }

  void restart_backend() { backend = endpoint(coordinate("backend", "main"), backend_store); }
  void restart_frontend() { frontend = endpoint(coordinate("frontend", "one"), frontend_store); }

  /// Changes the backend's identity document behind its back.
  void change_identity(const std::function<void(identity_document&)>& change) {
    run([this, &change]() -> task<void> {
      const auto stored = co_await backend_store->get(identity_key);
      REQUIRE(stored);
      REQUIRE(*stored);
      auto document = parse_identity_document((*stored)->value);
      REQUIRE(document);
      change(*document);
      const auto written = co_await backend_store->compare_exchange(identity_key, (*stored)->version,
                                                                    write_identity_document(*document));
      REQUIRE(written);
      REQUIRE(*written);
    });
    restart_backend();
  }
};

/// Frames go both ways.
void talk(reunion& r, reunion::ends& e) {
  REQUIRE(e.met());
  const bytes question = pattern(300, 1), answer = pattern(20'000, 2);
  r.start([&]() -> task<void> {
    const auto got = co_await e.acceptor.receive(as_result);
    REQUIRE(got);
    CHECK(same(got->bytes(), question));
    const auto sent = co_await e.acceptor.send(as_result, answer);
    REQUIRE(sent);
  });
  r.run([&]() -> task<void> {
    const auto sent = co_await e.connector.send(as_result, question);
    REQUIRE(sent);
    const auto got = co_await e.connector.receive(as_result);
    REQUIRE(got);
    CHECK(same(got->bytes(), answer));
  });
}

std::vector<std::byte> exported(const session& of) {
  auto secret = of.export_secret("test", {}, 32);
  REQUIRE(secret);
  return *std::move(secret);
}

}  // namespace

TEST_CASE("a session goes on over another connection, with its id and with new keys", "[session][resume]") {
  reunion r(GENERATE(security_level::authenticated, security_level::encrypted));
  auto first = r.meet();
  CHECK(first.start() == session_start::fresh);
  talk(r, first);
  const auto binding = first.connector.binding();
  REQUIRE(binding);
  CHECK(!first.acceptor.binding());
  const auto id = first.connector.info().session_id;
  const auto secret = exported(first.connector);
  first = {};

  auto second = r.meet(binding);
  CHECK(second.start() == session_start::resumed);
  CHECK(second.connector.info().session_id == id);
  CHECK(second.acceptor.info().level == r.connecting.level());
  CHECK(second.acceptor.info().peer == coordinate("frontend", "one"));
  CHECK(second.connector.info().peer == coordinate("backend", "main"));
  CHECK(exported(second.connector) == exported(second.acceptor));
  CHECK(exported(second.connector) != secret);
  talk(r, second);
}

TEST_CASE("a session is resumed any number of times, by restarted processes too", "[session][resume]") {
  reunion r;
  auto now = r.meet();
  const auto id = now.connector.info().session_id;
  std::set<std::vector<std::byte>> secrets{exported(now.connector)};
  for (int i = 0; i < 20; ++i) {
    // What a program keeps is bytes.
    const auto kept = now.connector.binding();
    const session_binding binding(bytes(kept.bytes().begin(), kept.bytes().end()));
    if (i % 3 == 0) r.restart_backend();
    if (i % 4 == 0) r.restart_frontend();
    now = r.meet(binding);
    CHECK(now.start() == session_start::resumed);
    CHECK(now.connector.info().session_id == id);
    CHECK(secrets.insert(exported(now.connector)).second);
    talk(r, now);
  }
}

TEST_CASE("resuming right after connecting takes the session from its old connection", "[session][resume]") {
  reunion r;
  auto first = r.meet();
  auto second = r.meet(first.connector.binding());
  CHECK(second.start() == session_start::resumed);
  CHECK(first.acceptor.failure() == errc::session_moved);
  talk(r, second);
}

TEST_CASE("copies of one binding never repeat a key", "[session][resume]") {
  reunion r;
  auto first = r.meet();
  const auto binding = first.connector.binding();
  std::set<std::vector<std::byte>> secrets;
  for (int i = 0; i < 5; ++i) {
    r.restart_backend();  // which forgets who came before
    auto clone = r.meet(binding);
    CHECK(clone.start() == session_start::resumed);
    CHECK(secrets.insert(exported(clone.connector)).second);
    talk(r, clone);
  }
}

TEST_CASE("an older generation is refused by a process that has seen a newer one", "[session][resume]") {
  reunion r;
  auto now = r.meet();
  const auto oldest = now.connector.binding();
  now = r.meet(oldest);
  const auto middle = now.connector.binding();
  // ACCEPT with the new ticket may have been lost: the one before it is still good.
  now = r.meet(oldest);
  CHECK(now.start() == session_start::resumed);
  now = r.meet(middle);
  CHECK(now.start() == session_start::resumed);
  const auto id = now.connector.info().session_id;

  auto stale = r.meet(oldest);
  CHECK(stale.start() == session_start::expired);
  CHECK(stale.connector.info().session_id != id);
  CHECK(now.acceptor.failure() == errc::session_expired);  // the same peer named it as its previous one
}

TEST_CASE("a session can be resumed for a day after each connection and for a week in all",
          "[session][resume]") {
  reunion r;
  auto now = r.meet();
  const auto id = now.connector.info().session_id;
  const auto first = now.connector.binding();
  now = {};
  r.time->advance(24h - 1ms);
  now = r.meet(first);
  CHECK(now.start() == session_start::resumed);
  for (int day = 0; day < 6; ++day) {
    const auto binding = now.connector.binding();
    now = {};
    r.time->advance(23h + 50min);
    now = r.meet(binding);
    INFO(day);
    CHECK(now.start() == session_start::resumed);
    CHECK(now.connector.info().session_id == id);
  }
  const auto last = now.connector.binding();
  now = {};
  r.time->advance(2h);  // 7 days and an hour
  now = r.meet(last);
  CHECK(now.start() == session_start::expired);
  CHECK(now.connector.info().session_id != id);
}

TEST_CASE("the acceptor's clock decides when a ticket has expired", "[session][resume]") {
  reunion r;
  auto now = r.meet();
  const auto binding = now.connector.binding();
  now = {};
  const auto ahead = std::make_shared<virtual_clock>();
  ahead->advance(24h);
  r.accepting.time(ahead);
  now = r.meet(binding);
  CHECK(now.start() == session_start::expired);
  talk(r, now);
}

TEST_CASE("a connector that is no longer welcome is told so instead of being resumed", "[session][resume]") {
  reunion r;
  auto now = r.meet();
  const auto binding = now.connector.binding();
  r.run([&]() -> task<void> {
    const auto revoked =
        co_await revoke_pin(r.backend_store, peer_role::connector, coordinate("frontend", "one"));
    REQUIRE(revoked);
  });
  auto refused = r.meet(binding);
  CHECK(refused.connector_error == errc::revoked);
  CHECK(refused.acceptor_error == errc::revoked);
}

TEST_CASE("a forgotten pin is not made again by resuming", "[session][resume]") {
  reunion r;
  auto now = r.meet();
  const auto binding = now.connector.binding();
  const bool at_the_connector = GENERATE(false, true);
  r.run([&]() -> task<void> {
    const auto role = at_the_connector ? peer_role::acceptor : peer_role::connector;
    auto where = at_the_connector ? coordinate("backend") : coordinate("frontend", "one");
    const auto gone =
        co_await forget_pin(at_the_connector ? r.frontend_store : r.backend_store, role, std::move(where));
    REQUIRE(gone);
    REQUIRE(*gone);
  });
  now = r.meet(binding);
  CHECK(now.start() == session_start::expired);
  CHECK((at_the_connector ? now.connector : now.acceptor).info().first_contact);
}

TEST_CASE("a revoked session is not resumed, and its peer may begin another", "[session][resume]") {
  reunion r;
  auto now = r.meet();
  const auto binding = now.connector.binding();
  r.run([&]() -> task<void> {
    const auto done = co_await revoke_session(r.backend_store, now.connector.info().session_id);
    REQUIRE(done);
  });
  now = r.meet(binding);
  CHECK(now.start() == session_start::expired);
  const auto next = now.connector.binding();
  now = r.meet(next);
  CHECK(now.start() == session_start::resumed);
}

TEST_CASE("a bumped auth epoch voids all tickets", "[session][resume]") {
  reunion r;
  auto now = r.meet();
  r.change_identity([](identity_document& document) { ++document.auth_epoch; });
  now = r.meet(now.connector.binding());
  CHECK(now.start() == session_start::expired);
}

TEST_CASE("a ticket opens while its key is in the ring", "[session][resume]") {
  reunion r;
  auto now = r.meet();
  const auto binding = now.connector.binding();
  const auto roll = [&](int days) {
    r.change_identity([days](identity_document& document) {
      const auto start = document.ticket_ring.next().created;
      for (int day = 1; day <= days; ++day) REQUIRE(roll_rings(document, start + day * 24h));
    });
  };
  roll(2);
  now = r.meet(binding);
  CHECK(now.start() == session_start::resumed);
  roll(12);
  now = r.meet(binding);
  CHECK(now.start() == session_start::expired);
}

TEST_CASE("another identity of the same name opens nobody's tickets", "[session][resume]") {
  reunion r;
  auto now = r.meet();
  const auto binding = now.connector.binding();
  r.backend_store = memory_storage();
  r.restart_backend();
  now = r.meet(binding);
  CHECK(now.connector_error == errc::key_changed);
}

TEST_CASE("a session whose terms have changed is begun anew", "[session][resume]") {
  reunion r;
  r.accepting.channel({{"users"}, {}});
  r.connecting.channel({{"users"}, {}});
  auto now = r.meet();
  const auto binding = now.connector.binding();
  session_limits smaller;
  smaller.max_frame = 1024;
  SECTION("by the acceptor's limits") {
    r.accepting.limits(smaller);
  }
  SECTION("by the connector's limits") {
    r.connecting.limits(smaller);
  }
  SECTION("by the acceptor's channel") {
    r.accepting.channel({{"users", "files"}, {}});
  }
  SECTION("by the connector's channel") {
    r.connecting.channel({{"users", "files"}, {}});
  }
  now = r.meet(binding);
  CHECK(now.start() == session_start::expired);
}

TEST_CASE("a binding is for one peer and one level", "[session][resume]") {
  reunion r(security_level::authenticated);
  auto now = r.meet();
  const auto binding = now.connector.binding();
  SECTION("another level") {
    r.connecting.level(security_level::encrypted);
    now = r.meet(binding);
    CHECK(now.start() == session_start::fresh);
    CHECK(now.acceptor.info().level == security_level::encrypted);
  }
  SECTION("another name for the peer") {
    r.connecting.peer(coordinate("backend", "main"));
    now = r.meet(binding);
    CHECK(now.start() == session_start::fresh);
  }
  SECTION("a level that is not served any more") {
    r.accepting.minimum_level(security_level::encrypted);
    now = r.meet(binding);
    CHECK(now.connector_error == errc::level_refused);
  }
  SECTION("another identity") {
    r.frontend_store = memory_storage();
    r.frontend = endpoint(coordinate("frontend", "two"), r.frontend_store);
    now = r.meet(binding);
    CHECK(now.start() == session_start::fresh);
  }
}

TEST_CASE("level none has nothing to resume from", "[session][resume]") {
  reunion r(security_level::none);
  auto now = r.meet();
  r.settle();
  CHECK(!now.connector.binding());
}

TEST_CASE("bytes that are no binding are a mistake of the caller", "[session][resume]") {
  reunion r;
  auto now = r.meet(session_binding(pattern(900)));
  CHECK(now.connector_error == errc::invalid_option);
}

TEST_CASE("a recorded RESUME takes nothing from the session", "[session][resume]") {
  reunion r;
  int asked = 0;
  r.accepting.authorise([&asked](authorisation_request) -> task<bool> {
    ++asked;
    co_return true;
  });
  auto first = r.meet();
  const auto binding = first.connector.binding();
  r.frontend_tap.written = std::make_shared<bytes>();
  auto second = r.meet(binding);
  talk(r, second);
  const bytes recorded = *std::exchange(r.frontend_tap.written, nullptr);
  REQUIRE(asked == 2);

  const auto length = record_header::parse(std::span(recorded).first<8>()).length;
  const bytes resume(recorded.begin(), recorded.begin() + 8 + length);
  CHECK(r.replay(resume) == errc::handshake_timed_out);  // nobody has the keys to go on
  CHECK(r.replay(recorded) == errc::bad_record_tag);     // these were for other keys
  CHECK(asked == 2);
  CHECK(!second.acceptor.failure());
  talk(r, second);
  auto third = r.meet(second.connector.binding());
  CHECK(third.start() == session_start::resumed);
}

TEST_CASE("what is lost on the way locks nobody out", "[session][resume]") {
  reunion r;
  auto first = r.meet();
  const auto binding = first.connector.binding();
  // Any byte of the acceptor's flight is changed: RESUME_ACK, then ACCEPT.
  r.backend_tap.written = std::make_shared<bytes>();
  auto good = r.meet(binding);
  const std::size_t flight = std::exchange(r.backend_tap.written, nullptr)->size();
  std::size_t failed = 0;
  for (std::size_t at = 0; at < flight; ++at) {
    r.backend_tap.flip_at = at;
    auto bad = r.meet(binding);
    INFO(at);
    CHECK(bad.connector_error);
    failed += bad.connector_error ? 1 : 0;
    r.backend_tap = {};
  }
  CHECK(failed == flight);
  auto again = r.meet(binding);
  CHECK(again.start() == session_start::resumed);
  talk(r, again);
}

TEST_CASE("a RESUME with any byte changed resumes nothing", "[session][resume]") {
  reunion r(GENERATE(security_level::authenticated, security_level::encrypted));
  auto first = r.meet();
  const auto binding = first.connector.binding();
  r.frontend_tap.written = std::make_shared<bytes>();
  auto good = r.meet(binding);
  CHECK(good.start() == session_start::resumed);
  const bytes flight = *std::exchange(r.frontend_tap.written, nullptr);
  const std::size_t resume = 8 + record_header::parse(std::span(flight).first<8>()).length;
  REQUIRE(flight.size() > resume);
  for (std::size_t at = 0; at < flight.size(); ++at) {
    INFO(at << " of " << flight.size());
    r.frontend_tap.flip_at = at;
    auto bad = r.meet(binding);
    r.frontend_tap = {};
    if (at >= 8 && at < resume) {
      CHECK(bad.start() == session_start::expired);  // a handshake on the same connection
      CHECK(bad.connector.info().session_id != good.connector.info().session_id);
    } else {
      CHECK(!bad.met());
    }
  }
}

}  // namespace coseal::test
