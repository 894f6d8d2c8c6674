#include "carrier/carriers.hpp"
#include "carrier/sockets.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

using namespace coseal;
using namespace coseal::test;
using namespace std::chrono_literals;

namespace {

struct unix_test {
  temporary_directory directory;
  std::string path = directory.path() / "socket";
  asio::io_context io;

  std::unique_ptr<acceptor> listening() { return listen(io, listen_unix(path)); }
  std::error_code refusal() { return listen_unix(path).open(io.get_executor()).error(); }
  bool exists() const { return std::filesystem::exists(std::filesystem::symlink_status(path)); }
};

}  // namespace

TEST_CASE("a Unix socket carries bytes both ways", "[carrier]") {
  unix_test t;
  const auto listening = t.listening();
  CHECK(listening->address() == "unix:" + t.path);
  auto pair = connect(t.io, *listening);
  CHECK(write(*pair.connector, "hello") == 5);
  CHECK(read_all(t.io, *pair.acceptor, 5) == "hello");
  CHECK(write(*pair.acceptor, "back") == 4);
  CHECK(read_all(t.io, *pair.connector, 4) == "back");
  CHECK(pair.connector->kind() == "unix");
  CHECK(pair.connector->peer_address() == "unix:" + t.path);
  CHECK(pair.acceptor->source().empty());
  pair.connector->shutdown_send();
  CHECK(read_all(t.io, *pair.acceptor, 1).empty());
  CHECK(read_error(*pair.acceptor) == asio::error::eof);
  pair.connector.reset();
  std::error_code error;
  write(*pair.acceptor, "x", error);
  CHECK(error == asio::error::broken_pipe);
}

TEST_CASE("a socket file is for its owner alone", "[carrier]") {
  unix_test t;
  const mode_t before = ::umask(0);
  const auto listening = t.listening();
  ::umask(before);
  struct stat file {};
  REQUIRE(::stat(t.path.c_str(), &file) == 0);
  CHECK(S_ISSOCK(file.st_mode));
  CHECK((file.st_mode & 07777) == 0600);
}

TEST_CASE("a stale socket file is replaced", "[carrier]") {
  unix_test t;
  raw_socket::bound_to_path(t.path);  // closed at once, its file left behind
  REQUIRE(t.exists());
  CHECK(open(t.io, unix_socket(t.path)).error() == asio::error::connection_refused);
  const auto listening = t.listening();
  CHECK(connect(t.io, *listening).acceptor);
}

TEST_CASE("a live socket is left alone, even when its queue is full", "[carrier]") {
  unix_test t;
  {
    const auto first = t.listening();
    CHECK(t.refusal() == asio::error::address_in_use);
    CHECK(connect(t.io, *first).acceptor);  // the probe waits before it: any connection will do
  }
  const auto busy = raw_socket::bound_to_path(t.path);
  const auto held = busy.listen_full();
  CHECK(t.refusal() == asio::error::address_in_use);
  CHECK(t.exists());
}

TEST_CASE("what is no socket is never removed", "[carrier]") {
  unix_test t;
  std::ofstream(t.path) << "precious";
  CHECK(t.refusal() == std::errc::file_exists);
  std::string content;
  std::ifstream(t.path) >> content;
  CHECK(content == "precious");

  std::filesystem::remove(t.path);
  std::filesystem::create_symlink(t.directory.path() / "elsewhere", t.path);
  CHECK(t.refusal() == std::errc::file_exists);
  CHECK(t.exists());

  std::filesystem::remove(t.path);
  std::filesystem::create_directory(t.path);
  CHECK(t.refusal() == std::errc::file_exists);
  CHECK(t.exists());
}

TEST_CASE("a socket file goes with its acceptor", "[carrier]") {
  unix_test t;
  auto listening = t.listening();
  listening->close();
  CHECK_FALSE(t.exists());
  listening = t.listening();
  CHECK(t.exists());
  listening.reset();
  CHECK_FALSE(t.exists());
  const auto error = open(t.io, unix_socket(t.path)).error();
  CHECK(error.value() == ENOENT);
  CHECK(error == condition::transport);
}

TEST_CASE("a successor's file is left alone", "[carrier]") {
  unix_test t;
  {
    auto closed = t.listening();
    closed->close();
    // File systems give the number of a removed file to the next one.
    const auto successor = t.listening();
    closed.reset();
    CHECK(t.exists());
    CHECK(connect(t.io, *successor).acceptor);
  }
  auto robbed = t.listening();
  std::filesystem::remove(t.path);
  const auto successor = raw_socket::bound_to_path(t.path);
  robbed.reset();
  CHECK(t.exists());
}

TEST_CASE("an acceptor of a Unix socket stops when closed", "[carrier]") {
  unix_test t;
  const auto listening = t.listening();
  std::optional<opened_carrier> accepted;
  start(t.io, listening->accept(), [&](opened_carrier made) { accepted.emplace(std::move(made)); });
  t.io.poll();
  listening->close();
  CHECK(run_for(t.io, accepted).error() == errc::cancelled);
}

TEST_CASE("a full queue is waited for, without holding the thread", "[carrier]") {
  unix_test t;
  const auto busy = raw_socket::bound_to_path(t.path);
  auto held = busy.listen_full();
  CHECK(open(t.io, unix_socket(t.path), within(5ms)).error() == errc::timed_out);
  std::stop_source stopped;
  stopped.request_stop();
  CHECK(open(t.io, unix_socket(t.path), stop_on(stopped.get_token())).error() == errc::cancelled);

  std::optional<opened_carrier> opened;
  start(t.io, unix_socket(t.path).open(t.io.get_executor(), {}),
        [&](opened_carrier made) { opened.emplace(std::move(made)); });
  for (int i = 0; i < 10; ++i) t.io.poll();
  REQUIRE_FALSE(opened);
  const auto first = busy.accept();
  CHECK(run_for(t.io, opened));
}
