// What strangers and children of ours must not be able to do to an acceptor.

#include "carrier/carriers.hpp"
#include "carrier/sockets.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/temporary_directory.hpp"

#include <filesystem>

using namespace coseal;
using namespace coseal::test;

// A listener goes on at once after connection_aborted and waits a while after any other error.
TEST_CASE("a connection that was reset in the queue is aborted and no failure of the acceptor",
          "[carrier][security]") {
  asio::io_context io;
  const auto listening = listen(io, listen_tcp("127.0.0.1:0"));
  for (int i = 0; i < 3; ++i) raw_socket::connected_to(listening->address()).reset_connection();
  const raw_socket honest = raw_socket::connected_to(listening->address());
  for (int i = 0; i < 4; ++i) {
    std::optional<opened_carrier> accepted;
    start(io, listening->accept(), [&](opened_carrier made) { accepted.emplace(std::move(made)); });
    const opened_carrier made = run_for(io, accepted);
    if (made) return;
    CHECK(made.error() == asio::error::connection_aborted);
  }
  FAIL("the honest connection never came");
}

TEST_CASE("a child that drops its copy of an acceptor leaves the socket to its parent",
          "[carrier][security]") {
  temporary_directory directory;
  const std::string path = directory.path() / "socket";
  asio::io_context io;
  auto listening = listen(io, listen_unix(path));
  child_process child([&] {
    io.notify_fork(asio::execution_context::fork_child);
    listening.reset();
    return 0;
  });
  CHECK(child.wait() == 0);
  CHECK(std::filesystem::exists(std::filesystem::symlink_status(path)));
  CHECK(connect(io, *listening).acceptor);
}
