// A whole session with the n-th operation failing, the stream cut after n bytes, the n-th byte changed: every
// path of failure is walked. Both ends must end, with an error that says whose fault it was.

#include "session/scenario.hpp"

namespace coseal::test {
namespace {

void check_ends(const scenario& played) {
  INFO(played.connector_error.message() << " | " << played.acceptor_error.message());
  CHECK(played.wrong == 0);
  if (played.connector_error) CHECK(typed(played.connector_error));
  if (played.acceptor_error) CHECK(typed(played.acceptor_error));
}

enum class direction { forth, back };

memory_knobs& knobs(scenario& of, direction which) {
  return which == direction::forth ? of.forth : of.back;
}

/// How many bytes flow in one direction when nothing goes wrong.
std::size_t stream_length(security_level level, direction which) {
  scenario whole(level);
  const auto written = std::make_shared<bytes>();
  (which == direction::forth ? whole.connector_tap : whole.acceptor_tap).written = written;
  whole.play();
  REQUIRE(whole.succeeded());
  return written->size();
}

/// Every byte of the handshake and the last records; of what lies between, one in a prime number.
std::size_t next_byte(std::size_t n, std::size_t length) {
  return n < 900 || n + 150 > length ? n + 1 : n + 37;
}

}  // namespace

TEST_CASE("a session whose n-th carrier operation fails ends at both ends", "[session][faults]") {
  const auto level = GENERATE(from_range(every_level));
  const auto which = GENERATE(direction::forth, direction::back);
  bool succeeded = false;
  for (std::size_t n = 0; !succeeded && n < 1000; ++n) {
    scenario s(level);
    knobs(s, which).fail_at_operation = n;
    CAPTURE(n, level, which == direction::forth);
    s.play();
    check_ends(s);
    succeeded = s.succeeded();
  }
  CHECK(succeeded);
}

TEST_CASE("a session whose n-th carrier operation fails ends at both ends, in small pieces",
          "[session][faults]") {
  const auto which = GENERATE(direction::forth, direction::back);
  bool succeeded = false;
  std::size_t step = 1;
  for (std::size_t n = 0; !succeeded && n < 100'000; n += step) {
    scenario s(security_level::encrypted);
    s.forth.largest_read = s.back.largest_read = 50;
    s.forth.largest_write = s.back.largest_write = 70;
    knobs(s, which).fail_at_operation = n;
    CAPTURE(n, which == direction::forth);
    s.play();
    check_ends(s);
    succeeded = s.succeeded();
    step = n < 60 ? 1 : 7;
  }
  CHECK(succeeded);
}

TEST_CASE("a session whose stream is cut at any byte ends at both ends", "[session][faults]") {
  const auto level = GENERATE(from_range(every_level));
  const auto which = GENERATE(direction::forth, direction::back);
  const std::size_t length = stream_length(level, which);
  for (std::size_t n = 0; n < length; n = next_byte(n, length)) {
    scenario s(level);
    knobs(s, which).cut_after = n;
    CAPTURE(n, length, level, which == direction::forth);
    s.play();
    check_ends(s);
    CHECK(!s.succeeded());
  }
}

TEST_CASE("a changed byte anywhere in a proved session ends it at both ends", "[session][faults]") {
  const auto level = GENERATE(security_level::authenticated, security_level::encrypted);
  const auto which = GENERATE(direction::forth, direction::back);
  const std::size_t length = stream_length(level, which);
  for (std::size_t n = 0; n < length; n = next_byte(n, length)) {
    scenario s(level);
    tap& there = which == direction::forth ? s.connector_tap : s.acceptor_tap;
    there.flip_at = n;
    there.flip_with = static_cast<std::byte>(1U << n % 8);
    CAPTURE(n, length, level, which == direction::forth);
    s.play();
    check_ends(s);
    // Whoever reads the changed byte must say so; the other learns of it, unless it has gone in peace.
    CHECK((which == direction::forth ? s.acceptor_error : s.connector_error));
    if (n + 100 < length) CHECK((which == direction::forth ? s.connector_error : s.acceptor_error));
  }
}

TEST_CASE("a changed byte in the handshake at level none is an error or a different claim",
          "[session][faults]") {
  scenario whole(security_level::none);
  const std::size_t handshake = 400;
  for (std::size_t n = 0; n < handshake; ++n) {
    scenario s(security_level::none);
    s.connector_tap.flip_at = n;
    CAPTURE(n);
    s.play();  // nothing is proved at this level: it may well succeed
    if (s.connector_error) CHECK(typed(s.connector_error));
    if (s.acceptor_error) CHECK(typed(s.acceptor_error));
  }
}

}  // namespace coseal::test
