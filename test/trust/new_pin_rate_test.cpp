#include "trust/new_pin_rate.hpp"

#include "support/catch.hpp"
#include "trust/pin_count.hpp"

using namespace coseal;
using namespace std::chrono_literals;

namespace {
const std::chrono::steady_clock::time_point first_minute{1000h};
}

TEST_CASE("a source makes no more than its new pins in any minute", "[trust]") {
  new_pin_rate rate(3);
  std::vector<std::chrono::steady_clock::time_point> admitted;
  for (auto now = first_minute; now < first_minute + 10min; now += 700ms)
    if (rate.admit("a", now)) admitted.push_back(now);
  REQUIRE(admitted.size() >= 24);  // the limit is used, too
  for (std::size_t i = 3; i < admitted.size(); ++i) CHECK(admitted[i] - admitted[i - 3] > 60s);
}

TEST_CASE("sources are counted apart", "[trust]") {
  new_pin_rate rate(1);
  CHECK(rate.admit("a", first_minute));
  CHECK(!rate.admit("a", first_minute));
  CHECK(rate.admit("b", first_minute));
  CHECK(!new_pin_rate(0).admit("a", first_minute));
}

TEST_CASE("a source that was idle for long starts afresh", "[trust]") {
  new_pin_rate rate(2);
  CHECK(rate.admit("a", first_minute));
  CHECK(rate.admit("a", first_minute));
  CHECK(!rate.admit("a", first_minute + 59s));
  CHECK(rate.admit("a", first_minute + 100h));
}

TEST_CASE("the memory for sources is bounded and given free by idle ones", "[trust]") {
  new_pin_rate rate(10);
  for (std::size_t i = 0; i < 2 * new_pin_rate::max_sources; ++i) {
    const bool admitted = rate.admit(std::to_string(i), first_minute);
    CHECK(admitted == (i < new_pin_rate::max_sources));
  }
  CHECK(rate.sources() == new_pin_rate::max_sources);
  CHECK(rate.admit("0", first_minute + 1s));  // known ones go on
  CHECK(rate.admit("newcomer", first_minute + 71s));
  CHECK(rate.sources() < 10);
}

TEST_CASE("pins are counted once and again when the count may be old", "[trust]") {
  pin_count count(100);
  const auto first = count.begin_recount(first_minute);
  REQUIRE(first);
  CHECK(count.begin_recount(first_minute));  // nobody knows yet
  count.added();                             // while the list is read
  count.counted(*first, 10);
  CHECK(!count.begin_recount(first_minute + 59s));
  CHECK(count.begin_recount(first_minute + 60s));
  CHECK(!count.begin_recount(first_minute + 61s));  // one asker is enough
  for (int i = 11; i < 100; ++i) {
    CHECK(!count.full());
    count.added();
  }
  CHECK(count.full());
  const auto again = count.begin_recount(first_minute + 62s);
  REQUIRE(again);  // near the limit: after a second
  count.counted(*again, 3);
  CHECK(!count.full());
}
