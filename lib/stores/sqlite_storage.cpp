// Each call is one task on the store's thread: a commit waits for the disk, and a lock of another process,
// which no event loop should. The file is looked at before each use, as file_storage does.

#include "crypto/secret.hpp"
#include "stores/sqlite_database.hpp"
#include "stores/store_thread.hpp"
#include "trust/storage/owned_file.hpp"

#include <coseal/sqlite.hpp>

#include <memory>
#include <utility>

namespace coseal {
namespace {

/// The database behind a path, as the thread uses it.
class database_file {
 public:
  database_file(std::filesystem::path path, std::chrono::milliseconds patience)
      : path_(std::move(path)), patience_(patience) {}

  /// Once a database was there, its absence is a failure, never an empty store.
  result<sqlite_database*> open() {
    struct ::stat now {};
    if (database_ != nullptr) {
      if (::lstat(path_.c_str(), &now) != 0) return errc::storage_failed;
      if (const auto owned = check_owned(now); !owned) return owned.error();
      if (database_->is(now)) return database_.get();
      database_.reset();
    }
    using if_missing = sqlite_database::if_missing;
    auto opened = sqlite_database::open(path_, was_there_ ? if_missing::fail : if_missing::make, patience_);
    if (!opened) return opened.error();
    database_ = *std::move(opened);
    was_there_ = true;
    return database_.get();
  }

 private:
  const std::filesystem::path path_;
  const std::chrono::milliseconds patience_;
  std::unique_ptr<sqlite_database> database_;
  bool was_there_ = false;
};

class sqlite_store final : public storage {
 public:
  sqlite_store(std::filesystem::path path, std::chrono::milliseconds patience)
      : file_(std::make_shared<database_file>(std::move(path), patience)) {}
  ~sqlite_store() override {
    // Closing the parent's database would end its locks and its log.
    if (thread_->is_forked()) [[maybe_unused]]
      const auto* kept = new std::shared_ptr<database_file>(file_);
  }

  task<result<std::optional<stored_value>>> get(std::string key) override {
    return on_thread<std::optional<stored_value>>(
        [key = std::move(key)](sqlite_database& database) { return database.get(key, wall_now()); });
  }

  task<result<bool>> put_if_absent(std::string key, std::vector<std::byte> value) override {
    if (!value_table::fits(key, value)) co_return errc::invalid_option;
    auto put = [key, value = std::move(value)](sqlite_database& database) mutable {
      const auto written = database.put_if_absent(key, value, wall_now(), table_entry::never);
      wipe(value);
      return written;
    };
    co_return co_await on_thread<bool>(std::move(put));
  }

  task<result<bool>> put_if_absent_for(std::string key, std::vector<std::byte> value,
                                       std::chrono::milliseconds lifetime) override {
    if (!value_table::fits(key, value) || !value_table::lifetime_fits(lifetime))
      co_return errc::invalid_option;
    auto put = [key, value = std::move(value), lifetime](sqlite_database& database) mutable {
      const auto now = wall_now();
      const auto written = database.put_if_absent(key, value, now, now + lifetime);
      wipe(value);
      return written;
    };
    co_return co_await on_thread<bool>(std::move(put));
  }

  task<result<bool>> compare_exchange(std::string key, std::uint64_t version,
                                      std::vector<std::byte> value) override {
    if (!value_table::fits(key, value)) co_return errc::invalid_option;
    auto exchange = [key, version, value = std::move(value)](sqlite_database& database) mutable {
      const auto written = database.compare_exchange(key, version, value, wall_now());
      wipe(value);
      return written;
    };
    co_return co_await on_thread<bool>(std::move(exchange));
  }

  task<result<bool>> erase(std::string key) override {
    return on_thread<bool>(
        [key = std::move(key)](sqlite_database& database) { return database.erase(key, wall_now()); });
  }

  task<result<std::vector<std::string>>> list(std::string prefix) override {
    return on_thread<std::vector<std::string>>([prefix = std::move(prefix)](sqlite_database& database) {
      return database.list(prefix, wall_now());
    });
  }

 private:
  template <typename T>
  task<result<T>> on_thread(std::function<result<T>(sqlite_database&)> work) {
    return await_on<T>(thread_, [file = file_, work = std::move(work)]() -> result<T> {
      const auto database = file->open();
      if (!database) return database.error();
      return work(**database);
    });
  }

  const std::shared_ptr<store_thread> thread_ = std::make_shared<store_thread>();
  const std::shared_ptr<database_file> file_;
};

}  // namespace

std::shared_ptr<storage> sqlite_storage(std::filesystem::path path, std::chrono::milliseconds patience) {
  std::error_code failure;
  auto absolute = std::filesystem::absolute(path, failure);  // a later chdir must not move the identity
  return std::make_shared<sqlite_store>(failure ? path : absolute, patience);
}

}  // namespace coseal
