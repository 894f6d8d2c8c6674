#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/storage_conformance.hpp"
#include "support/temporary_directory.hpp"
#include "trust/storage/owned_file.hpp"

#include <coseal/error.hpp>
#include <coseal/storage.hpp>

#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <unistd.h>

using namespace coseal;
using namespace coseal::test;

namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void overwrite(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

::mode_t mode_of(const std::filesystem::path& path) {
  struct ::stat found {};
  REQUIRE(::lstat(path.c_str(), &found) == 0);
  return found.st_mode & 07777;
}

std::error_code read_error(const std::filesystem::path& path) {
  return await(file_storage(path)->get("key")).error();
}

std::error_code write_error(const std::filesystem::path& path) {
  return await(file_storage(path)->put_if_absent("another", bytes_of("x"))).error();
}

/// A store with one key.
std::filesystem::path filled(const temporary_directory& directory) {
  const auto path = directory.path() / "store";
  REQUIRE(await(file_storage(path)->put_if_absent("key", bytes_of("value"))).value());
  return path;
}

}  // namespace

TEST_CASE("file storage makes files of the owner alone whatever the umask", "[trust]") {
  const temporary_directory directory;
  for (const ::mode_t mask : {0U, 022U, 0077U, 0777U}) {
    const auto path = directory.path() / std::to_string(mask);
    const auto old = ::umask(mask);
    const auto put = await(file_storage(path)->put_if_absent("key", bytes_of("value")));
    ::umask(old);
    CHECK(put.value());
    CHECK(mode_of(path) == 0600);
    CHECK(mode_of(path.string() + ".lock") == 0600);
  }
}

TEST_CASE("file storage leaves no temporary file and clears away one that a crash left", "[trust]") {
  const temporary_directory directory;
  overwrite(directory.path() / "store.tmp", "half a file");
  filled(directory);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
    CHECK(entry.path().filename() != "store.tmp");
    ++files;
  }
  CHECK(files == 2);
}

TEST_CASE("file storage refuses a file that others may read or write", "[trust]") {
  const temporary_directory directory;
  const auto path = filled(directory);
  const auto open_store = file_storage(path);
  REQUIRE(await(open_store->get("key")));
  for (const ::mode_t mode : {0640U, 0620U, 0604U, 0602U, 0601U, 0666U}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    CHECK(read_error(path) == errc::storage_insecure);
    CHECK(write_error(path) == errc::storage_insecure);
    CHECK(await(open_store->get("key")).error() == errc::storage_insecure);
  }
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  CHECK(await(open_store->get("key")));
}

TEST_CASE("file storage refuses a file or lock of another user", "[trust]") {
  if (::geteuid() != 0) return;  // only root can give files away
  const temporary_directory directory;
  const auto path = filled(directory);
  REQUIRE(::chown((path.string() + ".lock").c_str(), 12345, 12345) == 0);
  CHECK(write_error(path) == errc::storage_insecure);
  REQUIRE(::chown(path.c_str(), 12345, 12345) == 0);
  CHECK(read_error(path) == errc::storage_insecure);
}

TEST_CASE("file storage does not follow symbolic links", "[trust]") {
  const temporary_directory directory;
  const auto path = filled(directory);
  const auto link = directory.path() / "link";
  std::filesystem::create_symlink(path, link);
  CHECK(read_error(link) == errc::storage_insecure);
  CHECK(write_error(link) == errc::storage_insecure);
  CHECK(std::filesystem::is_symlink(link));

  const auto dangling = directory.path() / "dangling";
  std::filesystem::create_symlink(directory.path() / "nowhere", dangling);
  CHECK(read_error(dangling) == errc::storage_insecure);
  CHECK(write_error(dangling) == errc::storage_insecure);
  CHECK(!std::filesystem::exists(directory.path() / "nowhere"));

  const auto locked = directory.path() / "locked";
  std::filesystem::create_symlink(directory.path() / "victim", locked.string() + ".lock");
  CHECK(write_error(locked) == errc::storage_insecure);
  CHECK(!std::filesystem::exists(directory.path() / "victim"));
}

TEST_CASE("file storage neither waits for a fifo nor reads a directory", "[trust]") {
  const temporary_directory directory;
  const auto fifo = directory.path() / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(read_error(fifo) == errc::storage_failed);
  CHECK(write_error(fifo) == errc::storage_failed);
  CHECK(read_error(directory.path()) == errc::storage_failed);
}

TEST_CASE("file storage takes a missing directory for a failure and not for an empty store", "[trust]") {
  const temporary_directory directory;
  const auto path = directory.path() / "not mounted" / "store";
  CHECK(read_error(path) == errc::storage_failed);
  CHECK(write_error(path) == errc::storage_failed);
}

TEST_CASE("file storage refuses a directory in which anybody may replace the file", "[trust]") {
  const temporary_directory directory;
  const auto path = filled(directory);
  REQUIRE(::chmod(directory.path().c_str(), 0777) == 0);
  CHECK(read_error(path) == errc::storage_insecure);
  CHECK(write_error(path) == errc::storage_insecure);
  REQUIRE(::chmod(directory.path().c_str(), 01777) == 0);
  CHECK(!read_error(path));
}

TEST_CASE("file storage reports a corrupt file and never overwrites it", "[trust]") {
  const temporary_directory directory;
  const auto path = filled(directory);
  const auto whole = content_of(path);
  const auto store = file_storage(path);
  REQUIRE(await(store->get("key")));
  for (const auto& corrupt :
       {std::string(), whole.substr(0, whole.size() / 2), whole + "x", std::string("{}")}) {
    overwrite(path, corrupt);
    CHECK(await(store->get("key")).error() == errc::storage_corrupt);
    CHECK(await(store->list("")).error() == errc::storage_corrupt);
    CHECK(await(store->put_if_absent("key", bytes_of("x"))).error() == errc::storage_corrupt);
    CHECK(await(store->compare_exchange("key", 1, bytes_of("x"))).error() == errc::storage_corrupt);
    CHECK(await(store->erase("key")).error() == errc::storage_corrupt);
    CHECK(content_of(path) == corrupt);
  }
  overwrite(path, whole);
  CHECK(await(store->get("key")).value()->value == bytes_of("value"));
}

TEST_CASE("file storage sees each of many changes by another handle", "[trust]") {
  const temporary_directory directory;
  const auto path = filled(directory);
  const auto reader = file_storage(path);
  const auto writer = file_storage(path);
  for (int i = 0; i < 50; ++i) {
    // The same size each time, faster than the clock of the file system: only the inode tells them apart.
    const auto now = await(writer->get("key")).value().value();
    const auto next = bytes_of(i % 2 == 0 ? "odd..." : "even..");
    REQUIRE(await(writer->compare_exchange("key", now.version, next)).value());
    REQUIRE(await(reader->get("key")).value().value().value == next);
  }
}

TEST_CASE("file storage keeps to its file when the working directory changes", "[trust]") {
  const temporary_directory directory;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  const auto store = file_storage("relative");
  std::filesystem::current_path(before);
  CHECK(await(store->put_if_absent("key", bytes_of("value"))).value());
  CHECK(std::filesystem::exists(directory.path() / "relative"));
}

TEST_CASE("a crash at any step of a write leaves the old content or the new", "[trust]") {
  const temporary_directory directory;
  const auto path = directory.path() / "file";
  const std::string old_content(10'000, 'o');
  const std::string new_content(20'000, 'n');
  for (const auto step : {replace_step::created, replace_step::written, replace_step::synced,
                          replace_step::renamed, replace_step::directory_synced}) {
    REQUIRE(replace_file(path, bytes_of(old_content)));
    child_process child([&] {
      const auto crash = [step](replace_step at) {
        if (at == step) ::raise(SIGKILL);
      };
      return replace_file(path, bytes_of(new_content), crash) ? 0 : 1;
    });
    REQUIRE(child.wait() == 128 + SIGKILL);
    CHECK(content_of(path) == (step < replace_step::renamed ? old_content : new_content));
    CHECK(mode_of(path) == 0600);
  }
}

TEST_CASE("a process that is killed while it writes leaves a store that can be read and written", "[trust]") {
  const temporary_directory directory;
  const auto path = filled(directory);
  for (std::size_t round = 0; round < 20; ++round) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    child_process child([&] {
      const auto store = file_storage(path);
      for (std::size_t i = 0;; ++i) {
        auto now = await(store->get("key")).value().value();
        // A long value, so that a kill lands inside the write now and then.
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

    const auto store = file_storage(path);
    const auto found = await(store->get("key"));
    REQUIRE(found);
    REQUIRE(found->has_value());
    CHECK((*found)->value.size() >= 100'000);
    CHECK(await(store->compare_exchange("key", (*found)->version, bytes_of("next"))).value());
  }
}

TEST_CASE("a lock whose file was removed while somebody waited is taken again", "[trust]") {
  const temporary_directory directory;
  const auto path = directory.path() / "lock";
  auto held = file_lock::acquire(path);
  REQUIRE(held);
  std::filesystem::remove(path);
  // A new lock file can be locked at once; the holder of the old one no longer guards anything.
  const auto second = file_lock::acquire(path);
  CHECK(second);
}

TEST_CASE("a forked child does not keep a lock that its parent gives up", "[trust]") {
  const temporary_directory directory;
  const auto path = directory.path() / "lock";
  int release[2];
  REQUIRE(::pipe(release) == 0);
  std::optional<child_process> child;
  {
    const auto held = file_lock::acquire(path);
    REQUIRE(held);
    child.emplace([&] {
      ::close(release[1]);
      char byte;
      return static_cast<int>(::read(release[0], &byte, 1));
    });
  }
  CHECK(file_lock::acquire(path));  // would wait for ever
  ::close(release[1]);
  ::close(release[0]);
  CHECK(child->wait() == 0);
}
