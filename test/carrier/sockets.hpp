#pragma once

#include "carrier/address.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace coseal::test {

/// A socket without Asio and coseal, for what neither does: half-made listeners, resets. Closed at its end.
class raw_socket {
 public:
  /// Bound to a free port of `host` (a loopback address) or to `port`; not listening: a connect is refused.
  static raw_socket bound(const std::string& host, std::uint16_t port = 0) {
    raw_socket made(host.find(':') == std::string::npos ? AF_INET : AF_INET6);
    const auto where = made.name_of(host, port);
    made.check(::bind(made.fd_, where.get(), where.size));
    return made;
  }
  static raw_socket bound_to_path(const std::string& path) {
    raw_socket made(AF_UNIX);
    const auto where = name::of_path(path);
    made.check(::bind(made.fd_, where.get(), where.size));
    return made;
  }
  /// `address` as an acceptor says it: "tcp://host:port".
  static raw_socket connected_to(std::string_view address) {
    const auto where = host_and_port::parse(address.substr(6)).value();
    raw_socket made(where.host.find(':') == std::string::npos ? AF_INET : AF_INET6);
    const auto peer = made.name_of(where.host, where.port);
    made.check(::connect(made.fd_, peer.get(), peer.size));
    return made;
  }
  raw_socket(raw_socket&& other) noexcept : family_(other.family_), fd_(std::exchange(other.fd_, -1)) {}
  raw_socket& operator=(raw_socket&&) = delete;
  ~raw_socket() {
    if (fd_ >= 0) ::close(fd_);
  }

  std::uint16_t port() const {
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    check(::getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &size));
    return ntohs(family_ == AF_INET ? reinterpret_cast<sockaddr_in&>(own).sin_port
                                    : reinterpret_cast<sockaddr_in6&>(own).sin6_port);
  }
  void listen(int backlog) const { check(::listen(fd_, backlog)); }
  raw_socket accept() const {
    const int fd = ::accept(fd_, nullptr, nullptr);
    check(fd);
    return raw_socket(family_, fd);
  }
  /// Listens and fills its own queue, so that a further connect hangs. Gives what holds the places.
  std::vector<raw_socket> listen_full() const {
    listen(0);
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    check(::getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &size));
    std::vector<raw_socket> waiting;
    for (int i = 0; i < 4; ++i) {
      raw_socket one(family_);
      ::fcntl(one.fd_, F_SETFL, O_NONBLOCK);
      ::connect(one.fd_, reinterpret_cast<sockaddr*>(&own), size);
      waiting.push_back(std::move(one));
    }
    return waiting;
  }
  void reset_connection() {
    const linger hard{1, 0};
    check(::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard));
    ::close(std::exchange(fd_, -1));
  }

 private:
  struct name {
    sockaddr_storage storage{};
    socklen_t size = 0;
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
    static name of_path(const std::string& path) {
      name out;
      auto& where = reinterpret_cast<sockaddr_un&>(out.storage);
      where.sun_family = AF_UNIX;
      std::memcpy(where.sun_path, path.c_str(), path.size() + 1);
      out.size = sizeof(sockaddr_un);
      return out;
    }
  };

  explicit raw_socket(int family) : raw_socket(family, ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    check(fd_);
  }
  raw_socket(int family, int fd) : family_(family), fd_(fd) {}

  name name_of(const std::string& host, std::uint16_t port) const {
    name out;
    if (family_ == AF_INET) {
      auto& where = reinterpret_cast<sockaddr_in&>(out.storage);
      where.sin_family = AF_INET;
      where.sin_port = htons(port);
      ::inet_pton(AF_INET, host.c_str(), &where.sin_addr);
      out.size = sizeof where;
    } else {
      auto& where = reinterpret_cast<sockaddr_in6&>(out.storage);
      where.sin6_family = AF_INET6;
      where.sin6_port = htons(port);
      ::inet_pton(AF_INET6, host.c_str(), &where.sin6_addr);
      out.size = sizeof where;
    }
    return out;
  }
  static void check(int outcome) {
    if (outcome < 0) throw std::system_error(errno, std::system_category());
  }

  int family_;
  int fd_;
};

/// False in containers without IPv6.
inline bool has_ipv6() {
  try {
    raw_socket::bound("::1");
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace coseal::test
