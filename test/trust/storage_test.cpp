#include "support/catch.hpp"
#include "support/storage_conformance.hpp"
#include "support/temporary_directory.hpp"

#include <coseal/storage.hpp>

using namespace coseal;
using namespace coseal::test;

TEST_CASE("memory storage keeps the contract of storage", "[trust]") {
  const auto store = memory_storage();
  check_storage_contract([&] { return store; });
}

TEST_CASE("file storage keeps the contract of storage", "[trust]") {
  const temporary_directory directory;
  check_storage_contract([&] { return file_storage(directory.path() / "store"); });
}

TEST_CASE("file storage keeps the contract of storage between processes", "[trust]") {
  const temporary_directory directory;
  check_storage_contract_of_processes([&] { return file_storage(directory.path() / "store"); });
}
