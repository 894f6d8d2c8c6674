#include "support/catch.hpp"

#include <coseal/coordinate.hpp>
#include <coseal/error.hpp>

using namespace coseal;

TEST_CASE("a coordinate is written and read with and without an instance", "[bytes]") {
  for (const auto text : {"backend", "backend/a1", "A.b_c-9/0", "-/."}) {
    CAPTURE(text);
    REQUIRE(coordinate::parse(text).value().to_string() == text);
  }
  const auto parsed = coordinate::parse("backend/a1").value();
  REQUIRE(parsed == coordinate("backend", "a1"));
  REQUIRE(parsed.environment() == "backend");
  REQUIRE(parsed.instance() == "a1");
}

TEST_CASE("text that is no coordinate is refused", "[bytes]") {
  using namespace std::string_view_literals;
  for (const auto text : {""sv, "/"sv, "/a"sv, "a/"sv, "a/b/c"sv, "a b"sv, "a/b "sv, "a\0"sv, "\xc3\xa9"sv,
                          "a:b"sv, "a\n"sv, "a@b"sv, "a[b"sv, "a`b"sv, "a{b"sv}) {
    CAPTURE(text);
    REQUIRE(coordinate::parse(text).error() == errc::invalid_coordinate);
  }
}

TEST_CASE("each part holds at most 64 characters", "[bytes]") {
  const std::string longest(64, 'x');
  REQUIRE(coordinate::parse(longest + "/" + longest));
  REQUIRE_FALSE(coordinate::parse(longest + "x"));
  REQUIRE_FALSE(coordinate::parse("a/" + longest + "x"));
}

TEST_CASE("making a coordinate of illegal parts throws its code", "[bytes]") {
  const auto code_of = [](std::string environment, std::string instance) {
    try {
      coordinate(std::move(environment), std::move(instance));
    } catch (const error& failure) {
      return failure.code();
    }
    return std::error_code();
  };
  REQUIRE(code_of("backend", "") == std::error_code());
  REQUIRE(code_of("", "") == errc::invalid_coordinate);
  REQUIRE(code_of("", "a") == errc::invalid_coordinate);
  REQUIRE(code_of("a/b", "") == errc::invalid_coordinate);
  REQUIRE(code_of("a", "b/c") == errc::invalid_coordinate);
  REQUIRE(code_of(std::string(65, 'a'), "") == errc::invalid_coordinate);
  REQUIRE(code_of("a", std::string(65, 'a')) == errc::invalid_coordinate);
}

TEST_CASE("a coordinate matches every one that has the parts it names", "[bytes]") {
  const coordinate any("backend");
  const coordinate one("backend", "1");
  REQUIRE(any.matches(one));
  REQUIRE(one.matches(one));
  REQUIRE_FALSE(one.matches(any));
  REQUIRE_FALSE(one.matches(coordinate("backend", "2")));
  REQUIRE_FALSE(any.matches(coordinate("frontend", "1")));
}
