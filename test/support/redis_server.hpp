#pragma once

#include "support/child_process.hpp"
#include "support/temporary_directory.hpp"

#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace coseal::test {

/// A redis-server of our own on a Unix socket in a directory of its own; what it holds survives stop() and
/// start().
class redis_server {
 public:
  static bool is_there() { return std::system("command -v redis-server >/dev/null 2>&1") == 0; }

  explicit redis_server(std::vector<std::string> settings = {}) : settings_(std::move(settings)) { start(); }
  ~redis_server() { stop(); }
  redis_server(const redis_server&) = delete;

  void start() {
    std::vector<std::string> words{"redis-server",
                                   "--port",
                                   "0",
                                   "--unixsocket",
                                   socket(),
                                   "--dir",
                                   directory_.path().string(),
                                   "--save",
                                   "",
                                   "--appendonly",
                                   "yes",
                                   "--appendfsync",
                                   "always"};
    words.insert(words.end(), settings_.begin(), settings_.end());
    process_.emplace([words = std::move(words)]() mutable {
      const int nothing = ::open("/dev/null", O_RDWR);
      ::dup2(nothing, 0), ::dup2(nothing, 1), ::dup2(nothing, 2);
      std::vector<char*> arguments;
      for (auto& word : words) arguments.push_back(word.data());
      arguments.push_back(nullptr);
      ::execvp(arguments[0], arguments.data());
      return 127;
    });
    wait_until_it_answers();
  }
  void stop() {
    if (!process_) return;
    process_->kill();
    process_->wait();
    process_.reset();
  }
  void freeze() const { process_->signal(SIGSTOP); }
  void thaw() const { process_->signal(SIGCONT); }

  std::string socket() const { return (directory_.path() / "redis").string(); }
  std::string url() const { return "redis+unix://" + socket(); }

  /// The reply to one command in RESP's inline form; to do what the library does not.
  std::string ask(const std::string& command) const {
    const int fd = connected();
    if (fd < 0) throw std::runtime_error("redis-server does not listen");
    const std::string line = command + "\r\n";
    if (::send(fd, line.data(), line.size(), MSG_NOSIGNAL) < 0)
      throw std::runtime_error("redis-server hung up");
    char reply[4096];
    const auto n = ::recv(fd, reply, sizeof reply, 0);
    ::close(fd);
    return n > 0 ? std::string(reply, static_cast<std::size_t>(n)) : std::string();
  }

 private:
  int connected() const {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::sockaddr_un where{};
    where.sun_family = AF_UNIX;
    socket().copy(where.sun_path, sizeof where.sun_path - 1);
    if (::connect(fd, reinterpret_cast<const ::sockaddr*>(&where), sizeof where) == 0) return fd;
    ::close(fd);
    return -1;
  }
  void wait_until_it_answers() const {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < give_up) {
      const int fd = connected();
      if (fd >= 0) {
        ::close(fd);
        const std::string said = ask("PING");
        if (!said.empty() && said.find("LOADING") == std::string::npos) return;
      }
      std::this_thread::sleep_for(
          std::chrono::milliseconds(5));  // another program's start, which tells nobody
    }
    throw std::runtime_error("redis-server does not start");
  }

  const temporary_directory directory_;
  const std::vector<std::string> settings_;
  std::optional<child_process> process_;
};

}  // namespace coseal::test
