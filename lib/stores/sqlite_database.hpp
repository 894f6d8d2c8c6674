#pragma once

#include "trust/storage/value_table.hpp"

#include <coseal/result.hpp>
#include <coseal/storage.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <vector>

namespace coseal {

/// An open database of coseal, schema 1:
///
///     entry(key, version, value, expires)     expires in ms since 1970, null for what stays
///
/// Not thread-safe. Errors: errc::storage_failed, storage_corrupt, storage_insecure.
class sqlite_database {
 public:
  enum class if_missing { make, fail };
  static result<std::unique_ptr<sqlite_database>> open(const std::filesystem::path& path, if_missing what,
                                                       std::chrono::milliseconds patience);
  ~sqlite_database();
  sqlite_database(const sqlite_database&) = delete;
  sqlite_database& operator=(const sqlite_database&) = delete;

  /// Whether `file` is what was opened, and not another one in its place.
  bool is(const struct ::stat& file) const noexcept;

  result<std::optional<stored_value>> get(std::string_view key, wall_time now);
  /// Also erases a few entries that are over, where it may write anyway.
  result<bool> put_if_absent(std::string_view key, std::span<const std::byte> value, wall_time now,
                             wall_time expires);
  result<bool> compare_exchange(std::string_view key, std::uint64_t version, std::span<const std::byte> value,
                                wall_time now);
  result<bool> erase(std::string_view key, wall_time now);
  result<std::vector<std::string>> list(std::string_view prefix, wall_time now);

 private:
  struct closer {
    void operator()(::sqlite3* database) const noexcept { ::sqlite3_close_v2(database); }
    void operator()(::sqlite3_stmt* statement) const noexcept { ::sqlite3_finalize(statement); }
  };
  using handle = std::unique_ptr<::sqlite3, closer>;
  using statement = std::unique_ptr<::sqlite3_stmt, closer>;
  class run;

  explicit sqlite_database(handle database) : database_(std::move(database)) {}
  static result<handle> open_handle(const std::filesystem::path& path, std::chrono::milliseconds patience);
  static result<void> make(const std::filesystem::path& path, std::chrono::milliseconds patience);
  result<void> check_whole();
  result<void> prepare();
  result<void> execute(const char* sql);
  result<bool> insert(std::string_view key, std::span<const std::byte> value, wall_time now,
                      wall_time expires);

  struct ::stat file_ {};
  std::shared_ptr<void> place_;  // among the files that this process has open; goes after the handle
  handle database_;
  statement get_, insert_, exchange_, erase_, list_, sweep_;
};

}  // namespace coseal
