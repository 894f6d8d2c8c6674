// A change: lock -> read what is there now -> change a copy -> write it whole (owned_file.hpp). A read: one
// lstat; the file is parsed again only when that differs from what was parsed last.

#include "crypto/secret.hpp"
#include "trust/storage/owned_file.hpp"
#include "trust/storage/storage_file.hpp"

#include <coseal/error.hpp>
#include <coseal/storage.hpp>

#include <cerrno>
#include <fcntl.h>
#include <mutex>
#include <unistd.h>
#include <utility>

namespace coseal {
namespace {

bool same_time(const ::timespec& a, const ::timespec& b) noexcept {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool same_file(const struct ::stat& a, const struct ::stat& b) noexcept {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         same_time(a.st_mtim, b.st_mtim) && same_time(a.st_ctim, b.st_ctim);
}

using shared_table = std::shared_ptr<const value_table>;

class file_store final : public storage {
 public:
  explicit file_store(const std::filesystem::path& path) : path_(path), lock_path_(path) {
    lock_path_ += ".lock";
  }

  task<result<std::optional<stored_value>>> get(std::string key) override {
    const auto table = current();
    if (!table) co_return table.error();
    co_return (*table)->get(key);
  }

  task<result<bool>> put_if_absent(std::string key, std::vector<std::byte> value) override {
    if (!value_table::fits(key, value)) co_return errc::invalid_option;
    co_return change([&](value_table& table) { return table.put_if_absent(key, std::move(value)); });
  }

  task<result<bool>> put_if_absent_for(std::string key, std::vector<std::byte> value,
                                       std::chrono::milliseconds lifetime) override {
    if (!value_table::fits(key, value) || !value_table::lifetime_fits(lifetime))
      co_return errc::invalid_option;
    co_return change([&](value_table& table) {
      const auto now = wall_now();
      return table.put_if_absent(key, std::move(value), now, now + lifetime);
    });
  }

  task<result<bool>> compare_exchange(std::string key, std::uint64_t version,
                                      std::vector<std::byte> value) override {
    if (!value_table::fits(key, value)) co_return errc::invalid_option;
    co_return change(
        [&](value_table& table) { return table.compare_exchange(key, version, std::move(value)); });
  }

  task<result<bool>> erase(std::string key) override {
    co_return change([&](value_table& table) { return table.erase(key); });
  }

  task<result<std::vector<std::string>>> list(std::string prefix) override {
    const auto table = current();
    if (!table) co_return table.error();
    co_return (*table)->list(prefix);
  }

 private:
  /// What the file holds now. A file that is not there is an empty table, but only in a directory that is.
  result<shared_table> current() {
    const std::lock_guard lock(mutex_);
    struct ::stat now {};
    if (::lstat(path_.c_str(), &now) != 0) {
      if (errno != ENOENT) return errc::storage_failed;
      if (const auto directory = check_directory(directory_of(path_)); !directory) return directory.error();
      parsed_ = nullptr;
      return std::make_shared<const value_table>();
    }
    if (const auto owned = check_owned(now); !owned) return owned.error();
    if (parsed_ != nullptr && same_file(now, parsed_from_)) return parsed_;
    return read();
  }

  /// Under mutex_.
  result<shared_table> read() {
    if (const auto directory = check_directory(directory_of(path_)); !directory) return directory.error();
    // O_NONBLOCK: whoever put a fifo here between lstat and open shall not make us wait.
    file_descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file) return errno == ELOOP ? errc::storage_insecure : errc::storage_failed;
    struct ::stat opened {};
    if (::fstat(file.number(), &opened) != 0) return errc::storage_failed;
    if (const auto owned = check_owned(opened); !owned) return owned.error();
    if (opened.st_size < 0 || static_cast<std::uint64_t>(opened.st_size) > max_storage_file)
      return errc::storage_corrupt;

    std::vector<std::byte> content(static_cast<std::size_t>(opened.st_size));
    const bool whole = read_all(file.number(), content);
    auto table = whole ? parse_storage_file(content) : result<value_table>(errc::storage_failed);
    wipe(content);
    if (!table) return table.error();
    parsed_ = std::make_shared<const value_table>(*std::move(table));
    parsed_from_ = opened;
    held_ = std::move(file);
    return parsed_;
  }

  static bool read_all(int fd, std::span<std::byte> into) noexcept {
    while (!into.empty()) {
      const ssize_t n = ::read(fd, into.data(), into.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      into = into.subspan(static_cast<std::size_t>(n));
    }
    return true;
  }

  template <typename Change>
  result<bool> change(Change what) {
    if (const auto directory = check_directory(directory_of(path_)); !directory) return directory.error();
    const auto lock = file_lock::acquire(lock_path_);
    if (!lock) return lock.error();
    const auto table = current();
    if (!table) return table.error();  // a corrupt file is never overwritten

    value_table changed(**table);
    changed.drop_expired(wall_now());
    if (!what(changed)) return false;
    std::vector<std::byte> content = write_storage_file(changed);
    const bool fits = content.size() <= max_storage_file;
    const auto written = fits ? replace_file(path_, content) : result<void>(errc::storage_failed);
    wipe(content);
    if (!written) return written.error();
    return true;
  }

  const std::filesystem::path path_;
  std::filesystem::path lock_path_;
  std::mutex mutex_;  // guards what follows; never held while a lock file is waited for
  shared_table parsed_;
  struct ::stat parsed_from_ {};
  file_descriptor held_;  // open, so that no later file can get the inode number of parsed_from_
};

}  // namespace

std::shared_ptr<storage> file_storage(std::filesystem::path path) {
  std::error_code failure;
  auto absolute = std::filesystem::absolute(path, failure);  // a later chdir must not move the identity
  return std::make_shared<file_store>(failure ? path : absolute);
}

}  // namespace coseal
