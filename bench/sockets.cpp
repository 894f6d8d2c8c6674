#include "sockets.hpp"

#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace coseal::bench {
namespace {

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::system_category(), what);
  return result;
}

std::pair<descriptor, descriptor> unix_pair() {
  std::array<int, 2> fds{};
  checked(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()), "socketpair");
  return {descriptor(fds[0]), descriptor(fds[1])};
}

std::pair<descriptor, descriptor> tcp_pair(const std::string& congestion) {
  const descriptor listening(checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  set_tcp_options(listening.number(), congestion);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  checked(bind(listening.number(), generic, size), "bind");
  checked(listen(listening.number(), 1), "listen");
  checked(getsockname(listening.number(), generic, &size), "getsockname");

  descriptor first(checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  set_tcp_options(first.number(), congestion);
  checked(connect(first.number(), generic, size), "connect");
  descriptor second(checked(accept4(listening.number(), nullptr, nullptr, SOCK_CLOEXEC), "accept"));
  set_tcp_options(second.number(), congestion);
  return {std::move(first), std::move(second)};
}

}  // namespace

descriptor::~descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

std::pair<descriptor, descriptor> connected_pair(carrier_kind carrier, const std::string& congestion) {
  return carrier == carrier_kind::unix_socket ? unix_pair() : tcp_pair(congestion);
}

void set_tcp_options(int fd, const std::string& congestion) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (congestion.empty()) return;
  const auto size = static_cast<socklen_t>(congestion.size());
  if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion.data(), size) != 0 && errno == ENOENT)
    throw std::system_error(errno, std::system_category(), "congestion control " + congestion);
}

std::string preferred_congestion() {
  const descriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return setsockopt(fd.number(), IPPROTO_TCP, TCP_CONGESTION, "cubic", 5) == 0 ? "cubic" : "";
}

std::string system_congestion() {
  const descriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  std::array<char, 32> name{};
  socklen_t size = name.size() - 1;
  if (getsockopt(fd.number(), IPPROTO_TCP, TCP_CONGESTION, name.data(), &size) != 0) return "?";
  return name.data();
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace coseal::bench
