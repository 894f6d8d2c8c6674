#include "stores/sqlite_database.hpp"

#include "crypto/process.hpp"
#include "stores/random_version.hpp"
#include "trust/storage/owned_file.hpp"

#include <coseal/error.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <list>
#include <mutex>
#include <unistd.h>
#include <utility>

namespace coseal {
namespace {

constexpr int application_id = 0x636f7365;  // "cose"
constexpr int schema_version = 1;
constexpr std::chrono::milliseconds longest_patience = std::chrono::hours(24);

constexpr const char* schema = R"(
  PRAGMA journal_mode = WAL;
  BEGIN;
  CREATE TABLE entry(key BLOB PRIMARY KEY NOT NULL, version INTEGER NOT NULL, value BLOB NOT NULL, expires INTEGER);
  CREATE INDEX entry_expires ON entry(expires) WHERE expires IS NOT NULL;
  PRAGMA application_id = 1668248421;
  PRAGMA user_version = 1;
  COMMIT;)";
static_assert(application_id == 1668248421);

constexpr const char* settings = R"(
  PRAGMA synchronous = FULL;
  PRAGMA secure_delete = ON;
  PRAGMA trusted_schema = OFF;
  PRAGMA cell_size_check = ON;)";

std::error_code to_storage_error(int code) noexcept {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_MISMATCH:
      return errc::storage_corrupt;
    default:
      return errc::storage_failed;
  }
}

std::int64_t ms_of(wall_time time) noexcept {
  return time.time_since_epoch().count();
}

std::filesystem::path beside(std::filesystem::path path, const char* ending) {
  path += ending;
  return path;
}

/// What stands at `path` is ours alone, or nothing stands there.
result<bool> check_owned_if_there(const std::filesystem::path& path, struct ::stat& file) noexcept {
  if (::lstat(path.c_str(), &file) != 0) {
    if (errno == ENOENT) return false;
    return errc::storage_failed;
  }
  if (const auto owned = check_owned(file); !owned) return owned.error();
  return true;
}

/// A file that is open here. SQLite's own table of them survives fork() without the locks that it stands for:
/// a connection that a child opens to a file of its parent's would hold none.
struct open_file {
  ::dev_t device;
  ::ino_t number;
  std::uint32_t generation;
};

/// Null for a file that was open before fork().
std::shared_ptr<void> take_place(const struct ::stat& file) {
  static std::mutex mutex;
  static std::list<open_file> all;
  const std::lock_guard lock(mutex);
  const std::uint32_t now = process_generation();
  for (const auto& each : all)
    if (each.device == file.st_dev && each.number == file.st_ino && each.generation != now) return nullptr;
  all.push_back({file.st_dev, file.st_ino, now});
  return {&all.back(), [mine = std::prev(all.end())](void*) {
            const std::lock_guard again(mutex);
            all.erase(mine);
          }};
}

}  // namespace

/// One use of a prepared statement, which is free again at its end.
class sqlite_database::run {
 public:
  explicit run(const statement& what) noexcept : statement_(what.get()) {}
  run(const run&) = delete;
  run& operator=(const run&) = delete;
  ~run() {
    ::sqlite3_reset(statement_);
    ::sqlite3_clear_bindings(statement_);
  }

  // The bytes outlive the run.
  run& bind(int place, std::span<const std::byte> bytes) noexcept {
    if (bytes.empty())
      keep(::sqlite3_bind_zeroblob(statement_, place, 0));
    else
      keep(::sqlite3_bind_blob64(statement_, place, bytes.data(), bytes.size(), SQLITE_STATIC));
    return *this;
  }
  run& bind(int place, std::string_view text) noexcept { return bind(place, std::as_bytes(std::span(text))); }
  run& bind(int place, std::int64_t number) noexcept {
    keep(::sqlite3_bind_int64(statement_, place, number));
    return *this;
  }
  run& bind_end(int place, wall_time end) noexcept {
    return end == table_entry::never ? *this : bind(place, ms_of(end));  // unbound is null
  }

  /// True for a row, false at the end.
  result<bool> step() noexcept {
    if (code_ == SQLITE_OK) {
      const int code = ::sqlite3_step(statement_);
      if (code == SQLITE_ROW) return true;
      if (code == SQLITE_DONE) return false;
      code_ = code;
    }
    return to_storage_error(code_);
  }
  /// For what gives no rows: whether it changed one.
  result<bool> changed() noexcept {
    const auto done = step();
    if (!done) return done.error();
    return ::sqlite3_changes(::sqlite3_db_handle(statement_)) > 0;
  }
  bool is(int column, int type) const noexcept { return ::sqlite3_column_type(statement_, column) == type; }
  std::span<const std::byte> bytes(int column) const noexcept {
    const void* data = ::sqlite3_column_blob(statement_, column);
    return {static_cast<const std::byte*>(data),
            static_cast<std::size_t>(::sqlite3_column_bytes(statement_, column))};
  }
  std::int64_t number(int column) const noexcept { return ::sqlite3_column_int64(statement_, column); }

 private:
  void keep(int code) noexcept {
    if (code_ == SQLITE_OK) code_ = code;
  }

  ::sqlite3_stmt* statement_;
  int code_ = SQLITE_OK;
};

sqlite_database::~sqlite_database() = default;

bool sqlite_database::is(const struct ::stat& file) const noexcept {
  return file.st_dev == file_.st_dev && file.st_ino == file_.st_ino;
}

result<std::unique_ptr<sqlite_database>> sqlite_database::open(const std::filesystem::path& path,
                                                               if_missing what,
                                                               std::chrono::milliseconds patience) {
  if (const auto directory = check_directory(directory_of(path)); !directory) return directory.error();
  struct ::stat file {};
  struct ::stat beside_it {};
  // The log first: another process that makes the database right now has its log after it.
  const auto log = check_owned_if_there(beside(path, "-wal"), beside_it);
  if (!log) return log.error();
  const auto index = check_owned_if_there(beside(path, "-shm"), beside_it);
  if (!index) return index.error();
  auto there = check_owned_if_there(path, file);
  if (!there) return there.error();
  if (!*there) {
    // A log without its database: somebody took that away, and SQLite would read the log into a new one.
    if (*log) return errc::storage_corrupt;
    if (what == if_missing::fail) return errc::storage_failed;
    if (const auto made = make(path, patience); !made) return made.error();
    there = check_owned_if_there(path, file);
    if (!there || !*there) return errc::storage_failed;
  }

  auto place = take_place(file);
  if (place == nullptr) return errc::used_after_fork;
  auto opened = open_handle(path, patience);
  if (!opened) return opened.error();
  std::unique_ptr<sqlite_database> made(new sqlite_database(*std::move(opened)));
  made->file_ = file;
  made->place_ = std::move(place);
  if (const auto set = made->execute(settings); !set) return set.error();
  if (const auto whole = made->check_whole(); !whole) return whole.error();
  if (const auto ready = made->prepare(); !ready) return ready.error();
  return made;
}

result<sqlite_database::handle> sqlite_database::open_handle(const std::filesystem::path& path,
                                                             std::chrono::milliseconds patience) {
  ::sqlite3* raw = nullptr;
  const int code =
      ::sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  handle opened(raw);
  if (code != SQLITE_OK) return to_storage_error(code);
  ::sqlite3_busy_timeout(raw, static_cast<int>(std::min(patience, longest_patience).count()));
  ::sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  return opened;
}

// Under another name first, so that nobody ever finds a database without its schema: an empty file is a
// damaged one.
result<void> sqlite_database::make(const std::filesystem::path& path, std::chrono::milliseconds patience) {
  std::string fresh = path.string() + ".XXXXXX";
  {
    const file_descriptor file(::mkostemp(fresh.data(), O_CLOEXEC));
    if (!file || ::fchmod(file.number(), 0600) != 0) return errc::storage_failed;
  }
  result<void> made = errc::storage_failed;
  if (auto opened = open_handle(fresh, patience)) {
    sqlite_database empty(*std::move(opened));
    made = empty.execute(schema);
  }
  if (made && ::link(fresh.c_str(), path.c_str()) != 0 && errno != EEXIST) made = errc::storage_failed;
  ::unlink(fresh.c_str());
  ::unlink((fresh + "-wal").c_str());
  ::unlink((fresh + "-shm").c_str());
  if (!made) return made;
  const file_descriptor directory(::open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.number()) != 0) return errc::storage_failed;
  return {};
}

result<void> sqlite_database::execute(const char* sql) {
  const int code = ::sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return to_storage_error(code);
  return {};
}

result<void> sqlite_database::check_whole() {
  const auto asks = [this](const char* sql) -> result<std::string> {
    ::sqlite3_stmt* raw = nullptr;
    const int code = ::sqlite3_prepare_v2(database_.get(), sql, -1, &raw, nullptr);
    const statement prepared(raw);
    if (code != SQLITE_OK) return to_storage_error(code);
    run asked(prepared);
    const auto row = asked.step();
    if (!row) return row.error();
    if (!*row) return errc::storage_corrupt;
    const auto text = asked.bytes(0);
    return std::string(reinterpret_cast<const char*>(text.data()), text.size());
  };
  for (const auto& [question, answer] : {std::pair("PRAGMA application_id", std::to_string(application_id)),
                                         std::pair("PRAGMA user_version", std::to_string(schema_version)),
                                         std::pair("PRAGMA quick_check(1)", std::string("ok")),
                                         std::pair("PRAGMA journal_mode", std::string("wal"))}) {
    const auto said = asks(question);
    if (!said) return said.error();
    if (*said != answer) return errc::storage_corrupt;
  }
  return {};
}

result<void> sqlite_database::prepare() {
  const std::pair<statement*, const char*> all[] = {
      {&get_, "SELECT value, version FROM entry WHERE key = ?1 AND (expires IS NULL OR expires > ?2)"},
      {&insert_,
       "INSERT INTO entry(key, version, value, expires) VALUES(?1, ?2, ?3, ?4) ON CONFLICT(key) DO UPDATE "
       "SET "
       "version = excluded.version, value = excluded.value, expires = excluded.expires WHERE entry.expires "
       "<= ?5"},
      {&exchange_,
       "UPDATE entry SET value = ?3, version = ?4 WHERE key = ?1 AND version = ?2 AND (expires IS NULL OR "
       "expires > "
       "?5)"},
      {&erase_, "DELETE FROM entry WHERE key = ?1 AND (expires IS NULL OR expires > ?2)"},
      {&list_, "SELECT key FROM entry WHERE key >= ?1 AND (expires IS NULL OR expires > ?2) ORDER BY key"},
      {&sweep_, "DELETE FROM entry WHERE key IN (SELECT key FROM entry WHERE expires <= ?1 LIMIT 16)"},
  };
  for (const auto& [into, sql] : all) {
    ::sqlite3_stmt* raw = nullptr;
    const int code = ::sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    into->reset(raw);
    // That the schema is another one than its number says is no passing trouble.
    if (code != SQLITE_OK)
      return (code & 0xff) == SQLITE_ERROR ? errc::storage_corrupt : to_storage_error(code);
  }
  return {};
}

result<std::optional<stored_value>> sqlite_database::get(std::string_view key, wall_time now) {
  run found(get_);
  const auto row = found.bind(1, key).bind(2, ms_of(now)).step();
  if (!row) return row.error();
  if (!*row) return std::optional<stored_value>();
  if (!found.is(0, SQLITE_BLOB) || !found.is(1, SQLITE_INTEGER)) return errc::storage_corrupt;
  const auto value = found.bytes(0);
  return std::optional<stored_value>(
      stored_value({value.begin(), value.end()}, static_cast<std::uint64_t>(found.number(1))));
}

result<bool> sqlite_database::put_if_absent(std::string_view key, std::span<const std::byte> value,
                                            wall_time now, wall_time expires) {
  if (expires == table_entry::never) return insert(key, value, now, expires);
  // Where entries end they also go, in the same transaction.
  if (const auto begun = execute("BEGIN IMMEDIATE"); !begun) return begun.error();
  auto put = insert(key, value, now, expires);
  if (put) {
    run sweep(sweep_);
    const auto swept = sweep.bind(1, ms_of(now)).changed();
    if (!swept) put = swept.error();
  }
  const auto ended = execute(put ? "COMMIT" : "ROLLBACK");
  if (put && !ended) {
    [[maybe_unused]] const auto undone = execute("ROLLBACK");
    return ended.error();
  }
  return put;
}

result<bool> sqlite_database::insert(std::string_view key, std::span<const std::byte> value, wall_time now,
                                     wall_time expires) {
  run put(insert_);
  put.bind(1, key).bind(2, static_cast<std::int64_t>(random_version())).bind(3, value);
  return put.bind_end(4, expires).bind(5, ms_of(now)).changed();
}

result<bool> sqlite_database::compare_exchange(std::string_view key, std::uint64_t version,
                                               std::span<const std::byte> value, wall_time now) {
  run exchange(exchange_);
  exchange.bind(1, key).bind(2, static_cast<std::int64_t>(version)).bind(3, value);
  return exchange.bind(4, static_cast<std::int64_t>(random_version())).bind(5, ms_of(now)).changed();
}

result<bool> sqlite_database::erase(std::string_view key, wall_time now) {
  run gone(erase_);
  return gone.bind(1, key).bind(2, ms_of(now)).changed();
}

result<std::vector<std::string>> sqlite_database::list(std::string_view prefix, wall_time now) {
  run found(list_);
  found.bind(1, prefix).bind(2, ms_of(now));
  std::vector<std::string> keys;
  for (;;) {
    const auto row = found.step();
    if (!row) return row.error();
    if (!*row) return keys;
    const auto bytes = found.bytes(0);
    std::string key(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!key.starts_with(prefix)) return keys;
    keys.push_back(std::move(key));
  }
}

}  // namespace coseal
