#include "byte_sink.hpp"

#include "failure.hpp"

#include <coseal/error.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace coseal::tool {

byte_sink byte_sink::file(const asio::any_io_executor& executor, const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) throw failure(exit_code::storage, "can not write " + path + ": " + std::strerror(errno));
  return byte_sink(executor, fd);
}

byte_sink byte_sink::standard_output(const asio::any_io_executor& executor) {
  return byte_sink(executor, ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
}

byte_sink::byte_sink(const asio::any_io_executor& executor, int fd) : descriptor_(executor) {
  descriptor_.assign(fd);
  struct stat status {};
  regular_ = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

task<result<void>> byte_sink::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (!regular_) {
      std::error_code waited;
      co_await descriptor_.async_wait(asio::posix::stream_descriptor::wait_write,
                                      asio::redirect_error(asio::use_awaitable, waited));
      if (cancelled_) co_return errc::cancelled;
      if (waited && waited != asio::error::operation_not_supported) co_return waited;
    }
    // A pipe that is writable takes PIPE_BUF bytes without blocking, and promises no more.
    const std::size_t share = regular_ ? bytes.size() : std::min<std::size_t>(bytes.size(), PIPE_BUF);
    const ssize_t put = ::write(descriptor_.native_handle(), bytes.data(), share);
    if (put >= 0)
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    else if (errno != EINTR && errno != EAGAIN)
      co_return std::error_code(errno, std::system_category());
  }
  co_return result<void>();
}

void byte_sink::cancel() {
  cancelled_ = true;
  std::error_code ignored;
  descriptor_.cancel(ignored);
}

}  // namespace coseal::tool
