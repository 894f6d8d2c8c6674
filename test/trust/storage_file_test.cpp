#include "trust/storage/storage_file.hpp"

#include "crypto/hash.hpp"
#include "fuzz/storage_file.hpp"
#include "support/catch.hpp"
#include "support/storage_conformance.hpp"

#include <coseal/error.hpp>

#include <random>

using namespace coseal;
using namespace coseal::test;

namespace {

value_table some_table() {
  value_table table;
  table.put_if_absent("identity", bytes_of("seed"));
  table.put_if_absent("pin/connector/a", {});
  table.put_if_absent("pin/connector/b", bytes_of("pinned"));
  table.compare_exchange("identity", 1, bytes_of("other seed"));
  table.erase("pin/connector/a");
  return table;
}

std::vector<std::byte> with_file_sum(std::vector<std::byte> body) {
  const digest sum = sha256::of(body);
  body.insert(body.end(), sum.begin(), sum.end());
  return body;
}

/// The file without its checksum.
std::vector<std::byte> body_of(const value_table& table) {
  auto file = write_storage_file(table);
  file.resize(file.size() - sizeof(digest));
  return file;
}

}  // namespace

TEST_CASE("a storage file gives back the table it was written from", "[trust]") {
  const auto table = some_table();
  const auto read = parse_storage_file(write_storage_file(table));
  REQUIRE(read);
  CHECK(read->list("") == std::vector<std::string>{"identity", "pin/connector/b"});
  CHECK(read->get("identity")->value == bytes_of("other seed"));
  CHECK(read->get("identity")->version == 4);
  CHECK(read->next_version() == 5);
}

TEST_CASE("a storage file that is cut or changed anywhere is corrupt", "[trust]") {
  const auto file = write_storage_file(some_table());
  for (std::size_t n = 0; n < file.size(); ++n)
    CHECK(parse_storage_file(std::span(file).first(n)).error() == errc::storage_corrupt);
  for (std::size_t bit = 0; bit < 8 * file.size(); ++bit) {
    auto changed = file;
    changed[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    CHECK(parse_storage_file(changed).error() == errc::storage_corrupt);
  }
}

TEST_CASE("a storage file with a good checksum and a bad structure is corrupt", "[trust]") {
  const auto body = body_of(some_table());
  REQUIRE(parse_storage_file(with_file_sum(body)));
  const auto corrupt = [](std::vector<std::byte> changed) {
    return parse_storage_file(with_file_sum(std::move(changed))).error() == errc::storage_corrupt;
  };
  for (std::size_t n = 0; n < body.size(); ++n)
    CHECK(corrupt({body.begin(), body.begin() + static_cast<int>(n)}));

  auto longer = body;
  longer.push_back(std::byte{0});
  CHECK(corrupt(longer));
  auto other_format = body;
  other_format[13] = std::byte{2};
  CHECK(corrupt(other_format));
  auto old_version = body;
  old_version[21] = std::byte{4};  // next version: not above that of "identity"
  CHECK(corrupt(old_version));
  auto many = body;
  many[22] = std::byte{0xff};  // count: must not take memory before the entries are there
  CHECK(corrupt(many));

  value_table one;
  one.put_if_absent("b", {});
  auto twice = body_of(one);
  const std::vector<std::byte> entry(twice.begin() + 26, twice.end());
  twice.insert(twice.end(), entry.begin(), entry.end());
  twice[25] = std::byte{2};
  CHECK(corrupt(twice));  // the same key twice
}

TEST_CASE("a storage file keeps the ends of what ends, in a format of its own", "[trust]") {
  const wall_time now(std::chrono::hours(24 * 365 * 55));
  value_table table = some_table();
  table.put_if_absent("brief", bytes_of("x"), now, now + std::chrono::minutes(1));
  const auto file = write_storage_file(table);
  CHECK(file[13] == std::byte{2});
  const auto read = parse_storage_file(file);
  REQUIRE(read);
  CHECK(read->get("brief", now)->value == bytes_of("x"));
  CHECK(!read->get("brief", now + std::chrono::minutes(1)));
  CHECK(read->get("identity", now + std::chrono::hours(24 * 3650)));
  CHECK(write_storage_file(*read) == file);
  // Nothing that ends: the other format, and no other.
  table.erase("brief", now);
  CHECK(write_storage_file(table)[13] == std::byte{1});
}

TEST_CASE("the storage file parser survives mutated files", "[trust]") {
  std::mt19937 random(7);
  const auto body = body_of(some_table());
  fuzz_storage_file(write_storage_file(some_table()));
  auto ending = some_table();
  ending.put_if_absent("brief", bytes_of("x"), wall_time(), wall_time() + std::chrono::minutes(1));
  const auto body_with_ends = body_of(ending);
  for (int i = 0; i < 20'000; ++i) {
    auto changed = i % 2 == 0 ? body : body_with_ends;
    for (int n = 0; n < 3; ++n) changed[random() % changed.size()] = static_cast<std::byte>(random());
    if (random() % 4 == 0) changed.resize(random() % changed.size());
    fuzz_storage_file(changed);
  }
}
