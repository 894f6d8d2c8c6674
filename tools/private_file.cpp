#include "private_file.hpp"

#include "failure.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace coseal::tool {

void write_private_file(const std::string& path, std::span<const std::byte> bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  int cause = fd < 0 ? errno : 0;
  if (cause == EEXIST) throw failure(exit_code::storage, path + " exists already; it was left as it is");
  while (cause == 0 && !bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno != EINTR) cause = errno;
    if (put > 0) bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  if (cause == 0 && ::fsync(fd) != 0) cause = errno;
  if (fd >= 0) {
    ::close(fd);
    if (cause != 0) ::unlink(path.c_str());
  }
  if (cause != 0) throw failure(exit_code::storage, "can not write " + path + ": " + std::strerror(cause));
}

}  // namespace coseal::tool
