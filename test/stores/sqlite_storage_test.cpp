#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/storage_conformance.hpp"
#include "support/temporary_directory.hpp"

#include <coseal/error.hpp>
#include <coseal/identity.hpp>
#include <coseal/sqlite.hpp>

#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sqlite3.h>
#include <sys/stat.h>

using namespace coseal;
using namespace coseal::test;

namespace {

/// That a slow disk keeps racers waiting is no failure.
constexpr std::chrono::minutes long_patience(2);

std::string sqlite_content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void sqlite_overwrite(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

/// What somebody does to the database with another program.
void with_sqlite(const std::filesystem::path& path, const std::string& sql) {
  ::sqlite3* database = nullptr;
  REQUIRE(::sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  char* trouble = nullptr;
  const int done = ::sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &trouble);
  INFO((trouble != nullptr ? trouble : ""));
  CHECK(done == SQLITE_OK);
  ::sqlite3_free(trouble);
  ::sqlite3_close(database);
}

std::filesystem::path filled_database(const temporary_directory& directory) {
  const auto path = directory.path() / "store";
  REQUIRE(await(sqlite_storage(path)->put_if_absent("key", bytes_of("value"))).value());
  return path;
}

std::error_code sqlite_read_error(const std::filesystem::path& path) {
  return await(sqlite_storage(path)->get("key")).error();
}
std::error_code sqlite_write_error(const std::filesystem::path& path) {
  return await(sqlite_storage(path)->put_if_absent("another", bytes_of("x"))).error();
}

}  // namespace

TEST_CASE("sqlite storage keeps the contract of storage", "[stores]") {
  const temporary_directory directory;
  check_storage_contract([&] { return sqlite_storage(directory.path() / "store", long_patience); });
}

TEST_CASE("sqlite storage keeps the contract of storage between processes", "[stores]") {
  const temporary_directory directory;
  check_storage_contract_of_processes(
      [&] { return sqlite_storage(directory.path() / "store", long_patience); });
}

TEST_CASE("sqlite storage makes files of the owner alone whatever the umask", "[stores]") {
  const temporary_directory directory;
  for (const ::mode_t mask : {0U, 0077U, 0777U}) {
    const auto path = directory.path() / std::to_string(mask);
    const auto old = ::umask(mask);
    const auto store = sqlite_storage(path);
    const auto put = await(store->put_if_absent("key", bytes_of("value")));
    ::umask(old);
    CHECK(put.value());
    for (const char* ending : {"", "-wal", "-shm"}) {
      struct ::stat found {};
      REQUIRE(::lstat((path.string() + ending).c_str(), &found) == 0);
      CHECK((found.st_mode & 07777) == 0600);
    }
  }
}

TEST_CASE("sqlite storage is one file when nobody has it open", "[stores]") {
  const temporary_directory directory;
  filled_database(directory);
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
    names.push_back(entry.path().filename());
  CHECK(names == std::vector<std::string>{"store"});
}

TEST_CASE("sqlite storage refuses what others may read, write or put in its place", "[stores]") {
  const temporary_directory directory;
  const auto path = filled_database(directory);
  const auto open_store = sqlite_storage(path);
  REQUIRE(await(open_store->get("key")));
  for (const ::mode_t mode : {0640U, 0604U, 0602U, 0666U}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    CHECK(sqlite_read_error(path) == errc::storage_insecure);
    CHECK(sqlite_write_error(path) == errc::storage_insecure);
    CHECK(await(open_store->get("key")).error() == errc::storage_insecure);
  }
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  CHECK(await(open_store->get("key")));

  const auto link = directory.path() / "link";
  std::filesystem::create_symlink(path, link);
  CHECK(sqlite_read_error(link) == errc::storage_insecure);
  std::filesystem::create_symlink(directory.path() / "victim", link.string() + "2-wal");
  CHECK(sqlite_write_error(link.string() + "2") == errc::storage_insecure);
  REQUIRE(::chmod(directory.path().c_str(), 0777) == 0);
  CHECK(sqlite_read_error(path) == errc::storage_insecure);
  REQUIRE(::chmod(directory.path().c_str(), 0700) == 0);
  CHECK(sqlite_read_error(directory.path() / "not mounted" / "store") == errc::storage_failed);
}

TEST_CASE("sqlite storage reports a damaged or foreign file and leaves it as it is", "[stores]") {
  const temporary_directory directory;
  const auto path = filled_database(directory);
  const auto whole = sqlite_content(path);
  auto torn = whole;
  torn.replace(4096, 100, std::string(100, '\x55'));
  std::vector<std::string> damaged = {std::string(), whole.substr(0, whole.size() / 2), torn,
                                      std::string(8192, 'x'), "{}"};
  for (const auto& content : damaged) {
    sqlite_overwrite(path, content);
    CHECK(sqlite_read_error(path) == errc::storage_corrupt);
    CHECK(sqlite_write_error(path) == errc::storage_corrupt);
    CHECK(await(provision_identity(sqlite_storage(path))).error() == errc::storage_corrupt);
    CHECK(sqlite_content(path) == content);
  }
  sqlite_overwrite(path, whole);
  CHECK(await(sqlite_storage(path)->get("key")).value()->value == bytes_of("value"));

  for (const char* change : {"PRAGMA user_version = 2", "PRAGMA application_id = 1", "DROP TABLE entry",
                             "UPDATE entry SET value = 'text'"}) {
    sqlite_overwrite(path, whole);
    with_sqlite(path, change);
    INFO(change);
    CHECK(sqlite_read_error(path) == errc::storage_corrupt);
  }
}

TEST_CASE("a sqlite database that is gone or replaced is not an empty one", "[stores]") {
  const temporary_directory directory;
  const auto path = filled_database(directory);
  const auto moved = directory.path() / "moved";
  const auto store = sqlite_storage(path);
  REQUIRE(await(store->get("key")).value());
  std::filesystem::rename(path, moved);
  CHECK(await(store->get("key")).error() == errc::storage_failed);
  CHECK(await(store->put_if_absent("key", {})).error() == errc::storage_failed);
  CHECK(!std::filesystem::exists(path));
  // Its log is still there: what stood in the database may have been taken away.
  REQUIRE(std::filesystem::exists(path.string() + "-wal"));
  CHECK(sqlite_write_error(path) == errc::storage_corrupt);
  std::filesystem::rename(moved, path);
  CHECK(await(store->get("key")).value()->value == bytes_of("value"));
}

TEST_CASE("a process that is killed while it writes leaves a sqlite database that can be used", "[stores]") {
  const temporary_directory directory;
  const auto path = filled_database(directory);
  for (std::size_t round = 0; round < 10; ++round) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    child_process child([&] {
      const auto store = sqlite_storage(path);
      for (std::size_t i = 0;; ++i) {
        auto now = await(store->get("key")).value().value();
        if (!await(store->compare_exchange("key", now.version, std::vector<std::byte>(100'000 + i))))
          return 1;
        if (i == round % 5 && ::write(ready[1], "x", 1) != 1) return 2;
      }
    });
    char byte;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    child.kill();
    CHECK(child.wait() == 128 + SIGKILL);
    ::close(ready[0]);
    ::close(ready[1]);
    const auto found = await(sqlite_storage(path)->get("key"));
    REQUIRE(found);
    REQUIRE(found->has_value());
    CHECK((*found)->value.size() >= 100'000);
  }
}

TEST_CASE("sqlite storage clears away what is over", "[stores]") {
  const temporary_directory directory;
  const auto path = directory.path() / "store";
  const auto store = sqlite_storage(path);
  for (int i = 0; i < 20; ++i)
    CHECK(await(store->put_if_absent_for("brief" + std::to_string(i), {}, std::chrono::milliseconds(1)))
              .value());
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!await(store->list("brief")).value().empty() && std::chrono::steady_clock::now() < give_up) {
  }
  for (int i = 0; i < 2; ++i)
    CHECK(await(store->put_if_absent_for("long" + std::to_string(i), {}, std::chrono::hours(1))).value());
  with_sqlite(path, "CREATE TEMP TABLE few(n CHECK(n = 2)); INSERT INTO few SELECT count(*) FROM entry");
}

TEST_CASE("a sqlite file that is open at fork is refused in the child, and another one works", "[stores]") {
  const temporary_directory directory;
  const auto path = filled_database(directory);
  const auto used = sqlite_storage(path);
  REQUIRE(await(used->get("key")).value());
  auto unused = sqlite_storage(directory.path() / "another");
  child_process child([&] {
    if (await(used->get("key")).error() != errc::used_after_fork) return 1;
    if (await(sqlite_storage(path)->get("key")).error() != errc::used_after_fork) return 2;
    if (!await(unused->put_if_absent("key", {})).value()) return 3;
    unused.reset();
    return 0;
  });
  CHECK(child.wait() == 0);
  CHECK(await(used->get("key")).value());
}

TEST_CASE("an execution context may go while a coroutine waits for a store", "[stores]") {
  const temporary_directory directory;
  const auto store = sqlite_storage(filled_database(directory));
  for (int i = 0; i < 50; ++i) {
    asio::io_context io{1};
    start(io, store->get("key"), [](const auto&) {});
    io.poll();
  }
  CHECK(await(store->get("key")).value());
}
