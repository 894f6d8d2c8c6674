#pragma once

#include <coseal/result.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <sys/stat.h>
#include <utility>

namespace coseal {

/// A file descriptor, closed when it goes.
class file_descriptor {
 public:
  file_descriptor() = default;
  explicit file_descriptor(int fd) noexcept : fd_(fd) {}
  file_descriptor(file_descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  file_descriptor& operator=(file_descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~file_descriptor();
  int number() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// errc::storage_insecure unless this is a regular file of this user that nobody else may read or write.
result<void> check_owned(const struct ::stat& file) noexcept;

/// errc::storage_failed if there is no such directory, storage_insecure if anybody may replace what stands in
/// it.
result<void> check_directory(const std::filesystem::path& directory) noexcept;

/// An exclusive flock on a file of its own, so that replacing the guarded file does not replace its lock.
/// Excludes other processes and other threads alike; blocks.
class file_lock {
 public:
  static result<file_lock> acquire(const std::filesystem::path& path);
  file_lock(file_lock&&) = default;
  file_lock& operator=(file_lock&&) = delete;
  ~file_lock();

 private:
  explicit file_lock(file_descriptor file) noexcept : file_(std::move(file)) {}
  file_descriptor file_;
};

/// How far replace_file has come; a crash before `renamed` leaves the old content, after it the new.
enum class replace_step { created, written, synced, renamed, directory_synced };

/// Replaces `path` atomically and durably with a file of the owner alone. Call it under the lock: the
/// temporary file beside it has a fixed name, so that crashes do not litter. `after` observes the steps.
result<void> replace_file(const std::filesystem::path& path, std::span<const std::byte> content,
                          const std::function<void(replace_step)>& after = {});

/// The directory that holds `path`.
std::filesystem::path directory_of(const std::filesystem::path& path);

}  // namespace coseal
