// Sessions on connections that a host of its own kind accepts: a poll() loop on a thread of its own, which
// knows nothing of Asio.

#include "session/stage.hpp"

#include <coseal/hosted.hpp>

#include <asio/co_spawn.hpp>
#include <asio/executor_work_guard.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <map>
#include <netinet/in.h>
#include <poll.h>
#include <random>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace coseal::test {
namespace {

using connection_id = hosted_acceptor::connection_id;

/// A TCP server with poll(): descriptors are the numbers of its connections. It passes bytes on and keeps
/// what coseal does not take yet; what the socket does not take yet it refuses.
class poll_server {
 public:
  /// `drop_after`: a connection is cut once so many bytes came in on it.
  explicit poll_server(hosted_acceptor& to, std::size_t drop_after = static_cast<std::size_t>(-1))
      : to_(to), drop_after_(drop_after) {
    listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof where;
    ::bind(listening_, reinterpret_cast<sockaddr*>(&where), size);
    ::listen(listening_, 64);
    ::getsockname(listening_, reinterpret_cast<sockaddr*>(&where), &size);
    port_ = ntohs(where.sin_port);
    if (::pipe2(wake_, O_CLOEXEC | O_NONBLOCK) != 0) throw std::runtime_error("pipe");
    thread_ = std::thread([this] { run(); });
  }
  ~poll_server() {
    stop_ = true;
    wake();
    thread_.join();
    for (const auto& [fd, ignored] : connections_) {
      to_.drop(static_cast<connection_id>(fd));
      ::close(fd);
    }
    for (const int fd : {listening_, wake_[0], wake_[1]}) ::close(fd);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::size_t accepted() const { return accepted_; }
  std::size_t open() const { return open_; }

 private:
  struct connection {
    std::vector<std::byte> untaken;
    std::size_t came = 0;
    bool blocked = false;  // coseal could not send
    bool no_room = false;  // coseal took less than all
    bool ending = false, closing = false;
  };

  void wake() { [[maybe_unused]] const auto n = ::write(wake_[1], "x", 1); }
  void change(int fd, bool connection::*what, bool to) {
    const std::lock_guard lock(mutex_);
    if (const auto found = connections_.find(fd); found != connections_.end()) found->second.*what = to;
    wake();
  }

  void accept_one() {
    const int fd = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    ++accepted_;
    hosted_connection how([this, fd](std::span<const std::byte> bytes) -> std::size_t {
      const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n != static_cast<ssize_t>(bytes.size())) change(fd, &connection::blocked, true);
      return n < 0 ? 0 : static_cast<std::size_t>(n);
    });
    how.on_room([this, fd] { change(fd, &connection::no_room, false); })
        .on_end([this, fd] { change(fd, &connection::ending, true); })
        .on_close([this, fd] { change(fd, &connection::closing, true); })
        .kind("poll")
        .source("127.0.0.1");
    {
      const std::lock_guard lock(mutex_);
      connections_[fd] = {};
    }
    ++open_;
    if (to_.connect(static_cast<connection_id>(fd), std::move(how))) part(fd);
  }
  void part(int fd) {
    to_.drop(static_cast<connection_id>(fd));
    {
      const std::lock_guard lock(mutex_);
      connections_.erase(fd);
    }
    ::close(fd);
    --open_;
  }

  /// What is to be waited for on a connection.
  short events_of(const connection& one) const {
    return static_cast<short>((one.untaken.empty() && !one.no_room ? POLLIN : 0) |
                              (one.blocked ? POLLOUT : 0));
  }

  void read(int fd) {
    std::array<std::byte, 50'000> part_of_it;
    const ssize_t n = ::recv(fd, part_of_it.data(), part_of_it.size(), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0) return part(fd);
    if (n == 0) {
      to_.end(static_cast<connection_id>(fd));
      change(fd, &connection::no_room, true);  // nothing more to read
      return;
    }
    std::span<const std::byte> bytes(part_of_it.data(), static_cast<std::size_t>(n));
    std::size_t came = 0;
    {
      const std::lock_guard lock(mutex_);
      came = connections_[fd].came;
      connections_[fd].came += bytes.size();
    }
    const bool cut = drop_after_ <= came + bytes.size();
    if (cut) bytes = bytes.first(drop_after_ - came);
    offer(fd, bytes);
    if (cut) part(fd);
  }
  void offer(int fd, std::span<const std::byte> bytes) {
    change(fd, &connection::no_room, true);  // before on_room could say otherwise
    const std::size_t taken = to_.receive(static_cast<connection_id>(fd), bytes);
    const std::lock_guard lock(mutex_);
    auto& one = connections_[fd];
    if (taken == bytes.size()) one.no_room = false;
    one.untaken.assign(bytes.begin() + static_cast<std::ptrdiff_t>(taken), bytes.end());
  }

  void run() {
    while (!stop_) {
      std::vector<pollfd> waiting{{listening_, POLLIN, 0}, {wake_[0], POLLIN, 0}};
      std::vector<int> closing, again;
      {
        const std::lock_guard lock(mutex_);
        for (auto& [fd, one] : connections_) {
          waiting.push_back({fd, events_of(one), 0});
          if (one.closing) closing.push_back(fd);
          if (!one.untaken.empty() && !one.no_room) again.push_back(fd);
          if (std::exchange(one.ending, false)) ::shutdown(fd, SHUT_WR);
        }
      }
      for (const int fd : closing) part(fd);
      for (const int fd : again) {
        std::vector<std::byte> bytes;
        {
          const std::lock_guard lock(mutex_);
          if (const auto one = connections_.find(fd); one != connections_.end())
            bytes.swap(one->second.untaken);
        }
        if (!bytes.empty()) offer(fd, bytes);
      }
      if (!closing.empty() || !again.empty()) continue;
      ::poll(waiting.data(), waiting.size(), 1000);
      std::array<char, 256> ignored;
      while (::read(wake_[0], ignored.data(), ignored.size()) > 0) {
      }
      if (waiting[0].revents != 0) accept_one();
      for (std::size_t i = 2; i < waiting.size(); ++i) {
        const int fd = waiting[i].fd;
        if ((waiting[i].revents & POLLOUT) != 0) {
          change(fd, &connection::blocked, false);
          to_.can_send(static_cast<connection_id>(fd));
        }
        if ((waiting[i].revents & POLLIN) != 0)
          read(fd);
        else if ((waiting[i].revents & (POLLERR | POLLHUP)) != 0)
          part(fd);
      }
    }
  }

  hosted_acceptor& to_;
  const std::size_t drop_after_;
  int listening_ = -1;
  int wake_[2] = {-1, -1};
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::map<int, connection> connections_;
  std::atomic<bool> stop_ = false;
  std::atomic<std::size_t> accepted_ = 0, open_ = 0;
  std::thread thread_;
};

struct hosted_world {
  asio::io_context io{1};
  endpoint backend{coordinate("backend", "main"), memory_storage()};
  endpoint frontend{coordinate("frontend", "one"), memory_storage()};
  hosted_acceptor host;
  std::vector<std::error_code> refused;
  std::optional<listener> open;
  std::exception_ptr failure;
  std::size_t running = 0;
  std::list<script> plays;

  void listen() {
    accept_options admitting;
    admitting.on_refused(
        [this](std::error_code why, const std::string&, const std::string&) { refused.push_back(why); });
    open.emplace(io.get_executor(), backend, host.address(), admitting);
  }
  void start(script play) {
    plays.push_back(std::move(play));
    ++running;
    asio::co_spawn(io, plays.back(), [this](std::exception_ptr e) {
      --running;
      if (e && !failure) failure = e;
    });
  }
  /// Until all that was started has ended.
  void run() {
    const auto guard = asio::make_work_guard(io);
    while (running != 0 && !failure) io.run_one_for(20s);
    if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
  }
  /// What is ready now.
  void settle() {
    io.restart();
    io.poll();
  }
};

/// Sends all frames back until the peer closes, then closes.
task<void> echo_all(session& one) {
  for (;;) {
    const auto got = co_await one.receive(as_result);
    if (!got && got.error() == errc::peer_closed) break;
    if (!got) co_return;
    const auto sent = co_await one.send(as_result, got->bytes());
    if (!sent) co_return;
  }
  (void)co_await one.close(as_result);
}

}  // namespace

TEST_CASE("sessions run on a host with a poll loop of its own, at every level, under backpressure both ways",
          "[session][hosted]") {
  const auto level = GENERATE(from_range(every_level));
  hosted_world w;
  w.listen();
  poll_server server(w.host);
  constexpr std::size_t frames = 60;
  w.start([&]() -> task<void> {
    session one = co_await w.open->accept();
    CHECK(one.info().carrier == "poll");
    CHECK(one.info().level == level);
    co_await echo_all(one);
  });
  std::optional<session> asking;
  w.start([&]() -> task<void> {
    connect_options wanted;
    wanted.peer(coordinate("backend")).level(level);
    asking = co_await connect_session(w.frontend, tcp(server.address()), wanted);
    w.start([&]() -> task<void> {  // does not read while it sends: both queues fill
      for (std::size_t i = 0; i < frames; ++i) {
        const auto frame = pattern(i * 3'000, i);
        co_await asking->send(frame);
      }
      co_await asking->shutdown_send();
    });
    for (std::size_t i = 0; i < frames; ++i) {
      const auto back = co_await asking->receive();
      if (!same(back.bytes(), pattern(i * 3'000, i))) throw std::runtime_error("a frame is wrong");
    }
    const auto end = co_await asking->receive(as_result);
    CHECK(end.error() == errc::peer_closed);
    co_await asking->close();
  });
  w.run();
  CHECK(w.refused.empty());
}

TEST_CASE("a host may drop a connection after any byte", "[session][hosted]") {
  const auto level = GENERATE(from_range(every_level));
  for (std::size_t cut = 1; cut < 900; cut += cut < 420 ? 13 : 37) {
    hosted_world w;
    w.listen();
    poll_server server(w.host, cut);
    std::error_code seen;
    w.start([&]() -> task<void> {
      connect_options wanted;
      wanted.peer(coordinate("backend")).level(level);
      auto made = co_await connect_session(as_result, w.frontend, tcp(server.address()), wanted);
      seen = made.error();
      if (made) {
        const auto frame = pattern(2000);
        (void)co_await made->send(as_result, frame);
        const auto back = co_await made->receive(as_result);
        seen = back.error();
      }
      w.open->close();
    });
    w.start([&]() -> task<void> {
      auto one = co_await w.open->accept(as_result);
      if (!one) co_return;
      const auto got = co_await one->receive(as_result);
      CHECK(!got);
    });
    w.run();
    CAPTURE(cut, seen.message());
    CHECK((seen == condition::transport || seen == errc::truncated));
  }
}

TEST_CASE("what a host offers is bounded, and it is told when there is room again", "[session][hosted]") {
  hosted_world w;
  w.listen();
  std::size_t rooms = 0, sent = 0;
  hosted_connection how([&](std::span<const std::byte> out) { return sent += out.size(), out.size(); });
  how.on_room([&] { ++rooms; });
  REQUIRE(!w.host.connect(1, std::move(how)));
  const auto offered = pattern(400'000);
  CHECK(w.host.receive(1, offered) == 256 * 1024);  // nobody has read yet
  CHECK(w.host.receive(1, offered) == 0);
  CHECK(w.host.receive(2, offered) == offered.size());  // of nobody: dropped
  CHECK(rooms == 0);
  w.settle();  // it is no HELLO
  REQUIRE(w.refused.size() == 1);
  CHECK(w.refused[0] == errc::not_coseal);
  CHECK(sent == 0);
  CHECK(w.host.receive(1, offered) == offered.size());  // closed by us: dropped too
}

TEST_CASE("a host that takes nothing stops the session, and goes on with can_send", "[session][hosted]") {
  hosted_world w;
  w.listen();
  auto ends = memory_pair(w.io.get_executor(), w.io.get_executor());
  std::size_t most = 0;  // taken at a time; the host forwards into a carrier
  hosted_connection how([&](std::span<const std::byte> out) -> std::size_t {
    const asio::const_buffer all(out.data(), std::min(out.size(), most));
    std::error_code error;
    return most == 0 ? 0 : ends.second->try_write_some({&all, 1}, error);
  });
  bool ended = false, closed = false;
  how.on_end([&] { ended = true; }).on_close([&] { closed = true; });
  REQUIRE(!w.host.connect(7, std::move(how)));
  CHECK(w.host.connect(7, hosted_connection([](std::span<const std::byte> b) { return b.size(); })) ==
        errc::invalid_option);
  std::optional<session> there, here;
  w.start([&]() -> task<void> { there = co_await w.open->accept(); });
  w.start([&]() -> task<void> {
    connect_options wanted;
    wanted.peer(coordinate("backend"));
    here = co_await connect_session(w.frontend, std::move(ends.first), wanted);
  });
  const auto pump = [&] {
    std::array<std::byte, 4096> part;
    std::error_code error;
    for (int i = 0; i < 50; ++i) {
      w.settle();
      const std::size_t n = ends.second->try_read_some(part, error);
      if (n != 0) CHECK(w.host.receive(7, std::span(part).first(n)) == n);
    }
  };
  pump();
  CHECK(!here);
  most = 10;  // and only so many at a time
  for (int i = 0; i < 200; ++i) {
    w.host.can_send(7);
    pump();
    if (here && there) break;
  }
  REQUIRE(here);
  REQUIRE(there);
  there->abort();
  pump();
  CHECK(closed);
  w.host.drop(7);
  CHECK(!w.host.connect(7, hosted_connection([](std::span<const std::byte> b) { return b.size(); })));
}

TEST_CASE("without an open listener a host's connection is refused", "[session][hosted]") {
  hosted_world w;
  const auto how = [] { return hosted_connection([](std::span<const std::byte> b) { return b.size(); }); };
  CHECK(w.host.connect(1, how()) == errc::closed);
  w.listen();
  CHECK(!w.host.connect(1, how()));
  w.open->close();
  w.settle();
  CHECK(w.host.connect(2, how()) == errc::closed);
  w.listen();  // another one may take its place
  CHECK(!w.host.connect(2, how()));
  w.settle();
}

TEST_CASE("a host asks for what is answered in HTTP", "[session][hosted]") {
  hosted_world w;
  hosted_acceptor own([](http_request asked) -> task<http_response> {
    co_return http_response(200, "text/plain", asked.target);
  });
  w.start([&]() -> task<void> {
    http_request asked;
    asked.method = "GET";
    asked.target = "/x";
    const auto said = co_await w.host.fetch(asked);
    CHECK(said.status == 426);
    CHECK(!said.body.empty());
    const auto other = co_await own.fetch(asked);
    CHECK(other.status == 200);
    CHECK(other.body.size() == 2);
    asked.method = "POST";
    const auto changed = co_await w.host.fetch(asked);
    CHECK(changed.status == 404);
  });
  w.run();
}

}  // namespace coseal::test
