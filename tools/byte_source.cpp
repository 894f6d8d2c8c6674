#include "byte_source.hpp"

#include "failure.hpp"

#include <asio/error.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace coseal::tool {

byte_source byte_source::file(const asio::any_io_executor& executor, const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (fd < 0 || ::fstat(fd, &status) != 0 || S_ISDIR(status.st_mode)) {
    const int cause = fd >= 0 && S_ISDIR(status.st_mode) ? EISDIR : errno;
    if (fd >= 0) ::close(fd);
    throw failure(exit_code::storage, "can not read " + path + ": " + std::strerror(cause));
  }
  return byte_source(executor, fd);
}

byte_source byte_source::standard_input(const asio::any_io_executor& executor) {
  return byte_source(executor, ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
}

byte_source::byte_source(const asio::any_io_executor& executor, int fd) : descriptor_(executor) {
  descriptor_.assign(fd);
  struct stat status {};
  if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
    size_ = static_cast<std::uint64_t>(status.st_size);
}

bool byte_source::terminal() const noexcept {
  return ::isatty(const_cast<asio::posix::stream_descriptor&>(descriptor_).native_handle()) == 1;
}

task<result<std::size_t>> byte_source::read_some(std::span<std::byte> into) {
  for (;;) {
    if (cancelled_) co_return std::size_t{0};
    if (!size_) {
      std::error_code waited;
      co_await descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                                      asio::redirect_error(asio::use_awaitable, waited));
      if (cancelled_) co_return std::size_t{0};
      // What epoll can not watch (/dev/null) never makes a reader wait.
      if (waited && waited != asio::error::operation_not_supported) co_return waited;
    }
    const ssize_t got = ::read(descriptor_.native_handle(), into.data(), into.size());
    if (got >= 0) co_return static_cast<std::size_t>(got);
    if (errno != EINTR && errno != EAGAIN) co_return std::error_code(errno, std::system_category());
  }
}

void byte_source::cancel() {
  cancelled_ = true;
  std::error_code ignored;
  descriptor_.cancel(ignored);
}

}  // namespace coseal::tool
