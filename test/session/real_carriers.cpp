// The same sessions over sockets, in real time.

#include "session/stage.hpp"
#include "support/child_process.hpp"
#include "support/temporary_directory.hpp"
#if defined(COSEAL_TEST_TLS)
#include "tls/certificates.hpp"
#endif

#include <asio/co_spawn.hpp>
#include <asio/error.hpp>

namespace coseal::test {
namespace {

const std::vector<std::string> every_carrier = {
    "tcp", "unix",
#if defined(COSEAL_HAVE_WEBSOCKET)
    "ws",
#endif
#if defined(COSEAL_TEST_TLS)
    "tls",
#endif
#if defined(COSEAL_TEST_TLS) && defined(COSEAL_HAVE_WEBSOCKET)
    "wss",
#endif
};

/// A listener and a connector on loopback, on one thread.
struct loopback {
  temporary_directory directory;
  asio::io_context io{1};
  endpoint connector_side{coordinate("frontend", "one"), memory_storage()};
  endpoint acceptor_side{coordinate("backend", "main"), memory_storage()};
  std::string carrier;
  std::optional<listener> open;
  connect_options connecting;
  std::exception_ptr failure;

  explicit loopback(std::string kind, security_level level) : carrier(std::move(kind)) {
    connecting.peer(coordinate("backend")).level(level);
    listen("socket", {});
  }
  void listen(const std::string& name, const accept_options& options) {
    open.reset();
    const std::string address =
        carrier == "unix" ? "unix:" + (directory.path() / name).string() : carrier + "://127.0.0.1:0";
    open.emplace(io.get_executor(), acceptor_side, listen_address_from(address, {}, showing()).value(),
                 options);
  }
#if defined(COSEAL_TEST_TLS)
  static tls_server_options showing() {
    return certificates::server();
  }
  static tls_options trusting() {
    return certificates::client();
  }
#else
  static tls_server_options showing() {
    return {};
  }
  static tls_options trusting() {
    return {};
  }
#endif
  task<session> reach() {
    auto where = transport_from(open->address(), {}, trusting());
    co_return co_await connect_session(connector_side, *std::move(where), connecting);
  }
  void start(const script& play) {
    asio::co_spawn(io, play(), [this](std::exception_ptr e) {
      if (e && !failure) failure = e;
    });
  }
  void run() {
    io.restart();
    io.run();
    if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
  }
};

}  // namespace

TEST_CASE("a session over sockets carries frames of every size both ways", "[session][sockets]") {
  loopback l(GENERATE(from_range(every_carrier)), GENERATE(from_range(every_level)));
  const std::vector<std::size_t> sizes{0,       1,       64,        8192,       8193, 65'536,
                                       262'143, 262'144, 1'048'576, 16'777'216, 3};
  const script serve = [&]() -> task<void> {
    session end = co_await l.open->accept();
    for (;;) {
      const auto got = co_await end.receive(as_result);
      if (!got && got.error() == errc::peer_closed) break;
      REQUIRE(got);
      co_await end.send(got->bytes());
    }
    co_await end.close();
    l.open->close();
  };
  const script ask = [&]() -> task<void> {
    session end = co_await l.reach();
    CHECK(end.info().carrier == l.carrier);
    for (const auto n : sizes) {
      const auto frame = pattern(n, n);
      co_await end.send(frame);
      const auto back = co_await end.receive();
      CHECK(same(back.bytes(), frame));
    }
    const auto time = co_await end.ping();
    CHECK(time < 10s);
    co_await end.close();
  };
  l.start(serve);
  l.start(ask);
  l.run();
}

TEST_CASE("a stream over sockets keeps order under backpressure", "[session][sockets]") {
  loopback l(GENERATE(from_range(every_carrier)), GENERATE(from_range(every_level)));
  constexpr std::size_t many = 20'000;
  const script serve = [&]() -> task<void> {
    session end = co_await l.open->accept();
    std::size_t next = 0;
    while (next < many) {
      const auto batch = co_await end.receive_some();
      for (const auto frame : batch) {
        if (!same(frame, pattern(next % 997, next))) throw std::runtime_error("a frame is wrong");
        ++next;
      }
    }
    const auto end_of_it = co_await end.receive(as_result);
    CHECK(end_of_it.error() == errc::peer_closed);
    co_await end.close();
    l.open->close();
  };
  const script ask = [&]() -> task<void> {
    session end = co_await l.reach();
    for (std::size_t i = 0; i < many; ++i) {
      const auto frame = pattern(i % 997, i);
      co_await end.send(frame);
    }
    co_await end.close();
  };
  l.start(serve);
  l.start(ask);
  l.run();
}

TEST_CASE("an end that vanishes is a truncated session over sockets", "[session][sockets]") {
  loopback l(GENERATE(from_range(every_carrier)), GENERATE(from_range(every_level)));
  const script serve = [&]() -> task<void> {
    session end = co_await l.open->accept();
    const auto got = co_await end.receive(as_result);
    CHECK((got.error() == errc::truncated || got.error() == condition::transport));
    l.open->close();
  };
  const script ask = [&]() -> task<void> {
    session end = co_await l.reach();
    co_await end.accepted();
    end.abort();
  };
  l.start(serve);
  l.start(ask);
  l.run();
}

TEST_CASE("a connector that finds nobody says so", "[session][sockets]") {
  asio::io_context io{1};
  temporary_directory directory;
  const endpoint self(coordinate("frontend"), memory_storage());
  std::error_code error;
  const auto where = unix_socket((directory.path() / "nobody").string());
  const script ask = [&]() -> task<void> {
    const auto made = co_await connect_session(as_result, self, where, connect_options());
    error = made.error();
  };
  asio::co_spawn(io, ask(), [](std::exception_ptr) {});
  io.run();
  CHECK(error == condition::transport);
}

TEST_CASE("a refusal over sockets is not lost to a reset", "[session][sockets]") {
  // The acceptor refuses while the connector has data in flight that nobody will read.
  loopback l(GENERATE(from_range(every_carrier)), security_level::none);
  accept_options strict;
  strict.minimum_level(security_level::authenticated);
  l.listen("other", strict);
  const script ask = [&]() -> task<void> {
    session end = co_await l.reach();
    const auto frame = pattern(100'000);
    for (int i = 0; i < 3; ++i) {
      const auto sent = co_await end.send(as_result, frame, within(2s));
      if (!sent) break;
    }
    const auto accepted = co_await end.accepted(as_result);
    CHECK(accepted.error() == errc::level_refused);
    l.open->close();
  };
  l.start(ask);
  l.run();
}

TEST_CASE("a child process does no harm to a session over sockets", "[session][sockets][fork]") {
  loopback l(GENERATE(from_range(every_carrier)), GENERATE(security_level::none, security_level::encrypted));
  const auto frame = pattern(1000);
  const script serve = [&]() -> task<void> {
    session end = co_await l.open->accept();
    for (;;) {
      const auto got = co_await end.receive(as_result);
      if (!got && got.error() == errc::peer_closed) break;
      REQUIRE(got);
      co_await end.send(got->bytes());
    }
    co_await end.close();
    l.open->close();
  };
  const script ask = [&]() -> task<void> {
    session end = co_await l.reach();
    co_await end.accepted();
    REQUIRE(!end.try_send(frame));  // queued, not written
    l.io.notify_fork(asio::execution_context::fork_prepare);
    child_process child([&]() -> int {
      l.io.notify_fork(asio::execution_context::fork_child);
      if (end.try_send(frame) != errc::used_after_fork) return 1;
      for (int i = 0; i < 100; ++i) l.io.poll_one();  // whatever was queued in the parent runs here too
      end = session();
      l.io.poll();
      return 0;
    });
    l.io.notify_fork(asio::execution_context::fork_parent);
    CHECK(child.wait() == 0);
    const auto back = co_await end.receive();
    CHECK(same(back.bytes(), frame));
    co_await end.send(frame);
    const auto again = co_await end.receive();
    CHECK(same(again.bytes(), frame));
    co_await end.close();
  };
  l.start(serve);
  l.start(ask);
  l.run();
}

}  // namespace coseal::test
