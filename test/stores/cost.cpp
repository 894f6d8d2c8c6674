#include "stores/kept_by_all.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/storage_conformance.hpp"

#include <chrono>
#include <cstdio>

using namespace coseal;
using namespace coseal::test;

namespace {

template <typename Work>
double microseconds_each(int times, const Work& work) {
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < times; ++i) work(i);
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begun;
  return took.count() / times;
}

}  // namespace

// Prints; asserts nothing about time. test-stores "[cost]"
TEST_CASE("what a call to a store costs", "[stores][.][cost]") {
  const shared_stores stores;
  for (const auto& address : stores.addresses()) {
    const auto store = storage_from(address).value();
    REQUIRE(await(store->put_if_absent("key", std::vector<std::byte>(100))).value());
    const double get = microseconds_each(1000, [&](int) { CHECK(await(store->get("key")).value()); });
    const double put = microseconds_each(200, [&](int i) {
      CHECK(await(store->put_if_absent_for(std::to_string(i), {}, std::chrono::minutes(3))).value());
    });
    // Many at once, as a server asks.
    asio::io_context io{1};
    int done = 0;
    const double together = microseconds_each(1, [&](int) {
      for (int i = 0; i < 1000; ++i)
        start(io, store->put_if_absent_for("m" + std::to_string(i), {}, std::chrono::minutes(3)),
              [&](result<bool> made) { done += made.value() ? 1 : 0; });
      io.run();
    });
    CHECK(done == 1000);
    std::printf("%-8.*s get %7.1f us, put %7.1f us, put of 1000 at once %7.1f us each\n",
                static_cast<int>(address.find(':')), address.c_str(), get, put, together / 1000);
  }
}
