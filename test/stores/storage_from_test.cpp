#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/storage_conformance.hpp"
#include "support/temporary_directory.hpp"

#include <coseal/error.hpp>
#include <coseal/storage.hpp>

using namespace coseal;
using namespace coseal::test;

TEST_CASE("stores are opened by their addresses, a path alone as a file", "[stores]") {
  const temporary_directory directory;
  const auto path = (directory.path() / "store").string();
  CHECK(await((*storage_from(path))->put_if_absent("key", bytes_of("value"))).value());
  CHECK(await((*storage_from("file:" + path))->get("key")).value());
  CHECK(!await((*storage_from("memory:"))->get("key")).value());
  CHECK(storage_from("relative/to:here"));
#if defined(COSEAL_HAVE_SQLITE)
  CHECK(!await((*storage_from("sqlite:" + path + ".db"))->get("key")).value());
  CHECK(await((*storage_from("sqlite:" + path))->get("key")).error() == errc::storage_corrupt);
#endif
#if defined(COSEAL_HAVE_REDIS)
  CHECK(storage_from("redis://host:7000/2"));
  CHECK(storage_from("redis+unix:///run/redis"));
#endif
}

TEST_CASE("what is no address of a store is refused, not made a file", "[stores]") {
  for (const char* wrong : {"", "file:", "sqlite:", "redis://", "redis:host", "rediss://host", "redsi://host",
                            "memory:x", "http://host", "memory", "c:"}) {
    INFO(wrong);
    if (std::string(wrong) == "memory") continue;  // a file of that name
    CHECK(storage_from(wrong).error() == errc::invalid_address);
  }
}
