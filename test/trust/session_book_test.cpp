#include "trust/session_book.hpp"

#include "support/await.hpp"
#include "support/catch.hpp"

#include <coseal/error.hpp>

#include <memory>
#include <vector>

using namespace coseal;
using namespace coseal::test;

namespace {

struct holder_of_a_session final : session_holder {
  std::vector<std::error_code> told;
  void give_way(std::error_code why) noexcept override { told.push_back(why); }
};

struct book_page {
  session_book book{memory_storage(), trust_clock()};
  session_id id{std::byte{7}};
  public_key peer;
  std::shared_ptr<holder_of_a_session> first = std::make_shared<holder_of_a_session>();
  std::shared_ptr<holder_of_a_session> second = std::make_shared<holder_of_a_session>();
  std::shared_ptr<holder_of_a_session> third = std::make_shared<holder_of_a_session>();

  book_page() { REQUIRE(book.enter(id, peer, 0, book.next_turn(), first)); }
  result<std::uint64_t> turn(std::uint64_t generation) { return await(book.check(id, generation)); }
};

}  // namespace

TEST_CASE("whoever goes on with a session last has it, and the one before is told", "[trust]") {
  book_page page;
  const auto turn = page.turn(0);
  REQUIRE(turn);
  CHECK(page.first->told.empty());  // a RESUME alone changes nothing
  CHECK(page.book.enter(page.id, page.peer, 1, *turn, page.second));
  CHECK(page.first->told == std::vector<std::error_code>{errc::session_moved});
  // The answer may have been lost: the ticket before is good as well, those before it are not.
  CHECK(page.turn(0));
  const auto next = page.turn(1);
  REQUIRE(next);
  CHECK(page.book.enter(page.id, page.peer, 2, *next, page.third));
  CHECK(page.turn(0).error() == errc::session_expired);
}

TEST_CASE("an attempt that comes late takes nothing back", "[trust]") {
  book_page page;
  const auto late = page.turn(0);
  const auto turn = page.turn(0);
  REQUIRE((late && turn));
  CHECK(page.book.enter(page.id, page.peer, 1, *turn, page.second));
  CHECK_FALSE(page.book.enter(page.id, page.peer, 1, *late, page.third));
  CHECK(page.second->told.empty());
  CHECK(page.turn(1));
}

TEST_CASE("a session that another stands in for is over, for attempts under way as well", "[trust]") {
  book_page page;
  const auto under_way = page.turn(0);
  REQUIRE(under_way);
  public_key stranger;
  stranger.bytes[0] = std::byte{1};
  CHECK_FALSE(page.book.replace(page.id, stranger));
  CHECK(page.first->told.empty());
  SECTION("where its connection lives") {
    CHECK(page.book.replace(page.id, page.peer));
    CHECK(page.first->told == std::vector<std::error_code>{errc::session_expired});
  }
  SECTION("where its connection has gone") {
    page.first.reset();
    CHECK_FALSE(page.book.replace(page.id, page.peer));
  }
  CHECK(page.turn(0).error() == errc::session_expired);
  CHECK_FALSE(page.book.enter(page.id, page.peer, 1, *under_way, page.second));
}
