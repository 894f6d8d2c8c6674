#include "trust/storage/owned_file.hpp"

#include <coseal/error.hpp>

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace coseal {
namespace {

bool write_all(int fd, std::span<const std::byte> content) noexcept {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    content = content.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

result<void> sync_directory(const std::filesystem::path& directory) noexcept {
  const file_descriptor handle(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle || ::fsync(handle.number()) != 0) return errc::storage_failed;
  return {};
}

}  // namespace

file_descriptor::~file_descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

result<void> check_owned(const struct ::stat& file) noexcept {
  if (S_ISLNK(file.st_mode)) return errc::storage_insecure;
  if (!S_ISREG(file.st_mode)) return errc::storage_failed;
  if (file.st_uid != ::geteuid() || (file.st_mode & 077) != 0) return errc::storage_insecure;
  return {};
}

result<void> check_directory(const std::filesystem::path& directory) noexcept {
  struct ::stat found {};
  if (::stat(directory.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)) return errc::storage_failed;
  if ((found.st_mode & S_IWOTH) != 0 && (found.st_mode & S_ISVTX) == 0) return errc::storage_insecure;
  return {};
}

result<file_lock> file_lock::acquire(const std::filesystem::path& path) {
  for (;;) {
    file_descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
    if (!file) return errno == ELOOP ? errc::storage_insecure : errc::storage_failed;
    struct ::stat opened {};
    if (::fstat(file.number(), &opened) != 0) return errc::storage_failed;
    if (const auto owned = check_owned(opened); !owned) return owned.error();
    if ((opened.st_mode & 0600) != 0600) ::fchmod(file.number(), 0600);  // a umask took our own bits

    while (::flock(file.number(), LOCK_EX) != 0)
      if (errno != EINTR) return errc::storage_failed;

    // Somebody may have removed the lock file while we waited: then others hold a lock on another one.
    struct ::stat current {};
    if (::lstat(path.c_str(), &current) == 0 && current.st_ino == opened.st_ino &&
        current.st_dev == opened.st_dev)
      return file_lock(std::move(file));
  }
}

file_lock::~file_lock() {
  // Not left to close(): a child forked meanwhile shares the descriptor and would go on holding the lock.
  if (file_) ::flock(file_.number(), LOCK_UN);
}

std::filesystem::path directory_of(const std::filesystem::path& path) {
  auto directory = path.parent_path();
  return directory.empty() ? std::filesystem::path(".") : directory;
}

result<void> replace_file(const std::filesystem::path& path, std::span<const std::byte> content,
                          const std::function<void(replace_step)>& after) {
  const auto done = [&](replace_step step) {
    if (after) after(step);
  };
  auto temporary = path;
  temporary += ".tmp";
  ::unlink(temporary.c_str());  // what a crash left
  {
    const file_descriptor file(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return errc::storage_failed;
    done(replace_step::created);
    // fchmod because a umask may have taken our own bits.
    bool written = ::fchmod(file.number(), 0600) == 0 && write_all(file.number(), content);
    if (written) done(replace_step::written);
    written = written && ::fsync(file.number()) == 0;
    if (!written) {
      ::unlink(temporary.c_str());
      return errc::storage_failed;
    }
    done(replace_step::synced);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    ::unlink(temporary.c_str());
    return errc::storage_failed;
  }
  done(replace_step::renamed);
  if (const auto synced = sync_directory(directory_of(path)); !synced) return synced;
  done(replace_step::directory_synced);
  return {};
}

}  // namespace coseal
