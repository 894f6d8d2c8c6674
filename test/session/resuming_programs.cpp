// Connectors that resume by themselves, bindings at rest, and acceptors that are killed.
#include "session/stage.hpp"
#include "support/child_process.hpp"
#include "support/memory_listening.hpp"
#include "support/temporary_directory.hpp"

#include <coseal/connector.hpp>
#include <coseal/sessions.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include <optional>

namespace coseal::test {
namespace {

/// A listener in memory and programs that connect to it.
struct harbour : stage {
  std::unique_ptr<memory_listening> place;
  std::shared_ptr<storage> ship_store = memory_storage(), quay_store = memory_storage();
  connect_options connecting;
  accept_options accepting;
  std::optional<listener> open;
  std::vector<session> arrived;
  std::vector<connector_event> events;

  harbour() {
    connecting.peer(coordinate("backend")).time(time);
    accepting.time(time);
    listen();
  }
  /// As another process of the same identity would.
  void listen() {
    open.reset();
    settle();
    place = std::make_unique<memory_listening>(io);
    open.emplace(io.get_executor(), endpoint(coordinate("backend", "main"), quay_store), place->address(),
                 accepting);
  }
  endpoint ship() const { return endpoint(coordinate("frontend", "one"), ship_store); }
  transport way() {
    return transport(
        "memory",
        [this](asio::any_io_executor, operation_options) -> task<result<std::unique_ptr<duplex_carrier>>> {
          co_return place->connect();
        });
  }
  connector make_connector() {
    connector_options how;
    how.on_event([this](const connector_event& event) { events.push_back(event); });
    return connector(ship(), {way()}, connecting, std::move(how));
  }
  session reached(connector& by) {
    session made;
    run([&]() -> task<void> { made = co_await by.connect(within(1h)); });
    land();
    return made;
  }
  session reached() {
    session made;
    run([&]() -> task<void> { made = co_await connect_session(ship(), way(), connecting); });
    land();
    return made;
  }
  /// Takes what the listener has.
  void land() {
    run([&]() -> task<void> { arrived.push_back(co_await open->accept(within(1h))); });
  }
};

// --- another process

/// Serves sessions on `path` until it is killed, sending back what comes.
int serve_until_killed(const std::filesystem::path& store, const std::string& path, int ready) {
  asio::io_context io{1};
  listener open(io.get_executor(), endpoint(coordinate("backend", "main"), file_storage(store)),
                listen_address_from("unix:" + path).value());
  const auto one = [](session made) -> task<void> {
    for (;;) {
      const auto got = co_await made.receive(as_result);
      if (!got) co_return;
      static_cast<void>(co_await made.send(as_result, got->bytes()));
    }
  };
  const auto all = [&]() -> task<void> {
    for (;;) {
      session made = co_await open.accept();
      asio::co_spawn(io, one(std::move(made)), asio::detached);
    }
  };
  asio::co_spawn(io, all(), asio::detached);
  const char go = 'g';
  if (::write(ready, &go, 1) != 1) return 1;
  io.run();
  return 0;
}

child_process served_by_child(const std::filesystem::path& store, const std::string& path) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  child_process child([&] { return serve_until_killed(store, path, ends[1]); });
  ::close(ends[1]);
  char go = 0;
  const auto got = ::read(ends[0], &go, 1);
  ::close(ends[0]);
  REQUIRE(got == 1);
  return child;
}

}  // namespace

TEST_CASE("a connector resumes after a loss, and over a restarted acceptor", "[session][resume]") {
  harbour h;
  auto by = h.make_connector();
  auto now = h.reached(by);
  const auto id = now.info().session_id;
  for (int i = 0; i < 3; ++i) {
    if (i == 1) h.listen();
    h.arrived.clear();  // the connection is gone
    h.settle();
    h.run([&]() -> task<void> {
      const auto got = co_await now.receive(as_result);
      CHECK(!got);
    });
    now = h.reached(by);
    CHECK(now.info().start == session_start::resumed);
    CHECK(h.arrived.back().info().start == session_start::resumed);
    CHECK(now.info().session_id == id);
    CHECK(h.events.back().what == connector_event::kind::connected);
    CHECK(h.events.back().start == session_start::resumed);
  }
}

TEST_CASE("a connector takes no session from who has it, and none that was closed", "[session][resume]") {
  harbour h;
  auto by = h.make_connector();
  auto first = h.reached(by);
  auto second = h.reached(by);
  CHECK(second.info().start == session_start::fresh);
  CHECK(!first.failure());
  CHECK(second.info().session_id != first.info().session_id);

  h.start([&]() -> task<void> {
    const auto got = co_await h.arrived.back().receive(as_result);
    CHECK(got.error() == errc::peer_closed);
    const auto closed = co_await h.arrived.back().close(as_result);
    CHECK(closed);
  });
  h.run([&]() -> task<void> {
    const auto closed = co_await second.close(as_result);
    CHECK(closed);
  });
  auto third = h.reached(by);
  CHECK(third.info().start == session_start::fresh);
}

TEST_CASE("a program that keeps its session resumes it after a restart", "[session][resume]") {
  harbour h;
  h.connecting.keep_as("main");
  const bool by_connector = GENERATE(false, true);
  const auto begin = [&] {
    if (!by_connector) return h.reached();
    auto by = h.make_connector();
    return h.reached(by);
  };
  auto now = begin();
  CHECK(now.info().start == session_start::fresh);
  const auto id = now.info().session_id;
  for (int i = 0; i < 3; ++i) {
    now = {};  // the program ends, and begins anew
    now = begin();
    CHECK(now.info().start == session_start::resumed);
    CHECK(now.info().session_id == id);
  }
  h.run([&]() -> task<void> {
    const auto kept = co_await list_kept_sessions(h.ship_store);
    REQUIRE(kept);
    REQUIRE(kept->size() == 1);
    CHECK(kept->front().name == "main");
    CHECK(kept->front().session_id == id);
    CHECK(kept->front().peer == coordinate("backend", "main"));
    CHECK(kept->front().level == security_level::encrypted);
    const auto revoked = co_await revoke_session(h.quay_store, id);
    REQUIRE(revoked);
  });
  now = begin();
  CHECK(now.info().start == session_start::expired);
}

TEST_CASE("a kept session is sealed, and one that does not open is none", "[session][resume]") {
  harbour h;
  h.connecting.keep_as("main");
  auto now = h.reached();
  const auto id = now.info().session_id;
  h.run([&]() -> task<void> {
    const auto stored = co_await h.ship_store->get("binding/main");
    REQUIRE(stored);
    REQUIRE(*stored);
    bytes sealed = (*stored)->value;
    CHECK(std::ranges::search(sealed, id).empty());
    CHECK(std::ranges::search(sealed, now.binding().bytes().subspan(30, 32)).empty());
    sealed.back() ^= std::byte{1};
    const auto written =
        co_await h.ship_store->compare_exchange("binding/main", (*stored)->version, std::move(sealed));
    REQUIRE(*written);
  });
  now = h.reached();
  CHECK(now.info().start == session_start::fresh);
  h.connecting.keep_as("no/name");
  h.run([&]() -> task<void> {
    const auto made = co_await connect_session(as_result, h.ship(), h.way(), h.connecting);
    CHECK(made.error() == errc::invalid_option);
  });
}

TEST_CASE("a session survives kill -9 of its acceptor", "[session][resume]") {
  const temporary_directory directory;
  const auto store = directory.path() / "backend.id";
  const std::string path = (directory.path() / "socket").string();
  asio::io_context io{1};
  const endpoint frontend(coordinate("frontend", "one"), memory_storage());
  std::exception_ptr failure;
  const auto play = [&]() -> task<void> {
    const transport where = transport_from("unix:" + path).value();
    connect_options wanted;
    wanted.peer(coordinate("backend"));
    std::array<std::byte, 16> id{};
    for (int life = 0; life < 3; ++life) {
      const child_process child = served_by_child(store, path);
      session made = co_await connect_session(frontend, where, wanted);
      if (life == 0) id = made.info().session_id;
      CHECK(made.info().start == (life == 0 ? session_start::fresh : session_start::resumed));
      CHECK(made.info().session_id == id);
      const bytes said = pattern(1000, static_cast<std::size_t>(life));
      co_await made.send(said);
      const frame back = co_await made.receive(within(10s));
      CHECK(same(back.bytes(), said));
      wanted.resume(made.binding());
      child.kill();
      const auto gone = co_await made.receive(as_result, within(10s));
      CHECK(!gone);
    }
  };
  asio::co_spawn(io, play(), [&](std::exception_ptr e) { failure = e; });
  io.run();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace coseal::test
