#pragma once

#include "options.hpp"

#include <string>
#include <utility>

namespace coseal::bench {

/// A file descriptor that closes itself.
class descriptor {
 public:
  descriptor() noexcept = default;
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor();

  int number() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

/// Two connected stream sockets of this process, with the socket options that coseal's own get: TCP_NODELAY
/// and the congestion control asked for. Throws std::system_error.
std::pair<descriptor, descriptor> connected_pair(carrier_kind carrier, const std::string& congestion);

/// TCP_NODELAY and TCP_CONGESTION; does nothing to sockets that are not TCP.
void set_tcp_options(int fd, const std::string& congestion);

/// "cubic" where the kernel has it, else empty.
std::string preferred_congestion();
/// What a TCP socket uses that was told nothing.
std::string system_congestion();

/// Lets this process have as many descriptors as it is allowed to; says how many.
std::size_t raise_descriptor_limit();

}  // namespace coseal::bench
