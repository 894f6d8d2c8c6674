#include "support/catch.hpp"

#include <coseal/trace.hpp>

#include <set>
#include <string>

namespace coseal::test {
namespace {

const std::string known_trace = "4bf92f3577b34da6a3ce929d0e0e4736", known_span = "00f067aa0ba902b7";

std::string field_of(const std::string& version, const std::string& flags, const std::string& rest = "") {
  return version + "-" + known_trace + "-" + known_span + "-" + flags + rest;
}

}  // namespace

// The rules of W3C Trace Context, 3.2 "traceparent header" and 4.3 "mutating the traceparent field".
TEST_CASE("a traceparent is read and written back", "[observe][trace]") {
  const auto read = parse_traceparent(field_of("00", "01"));
  REQUIRE(read);
  CHECK(read->sampled());
  CHECK(read->trace_id[0] == std::byte{0x4b});
  CHECK(read->span_id[7] == std::byte{0xb7});
  CHECK(read->traceparent() == field_of("00", "01"));
  CHECK_FALSE(parse_traceparent(field_of("00", "00")).value().sampled());
}

TEST_CASE("a malformed traceparent is none", "[observe][trace]") {
  const std::string zero_trace(32, '0'), zero_span(16, '0');
  for (const std::string& field : {
           std::string(),
           std::string("00"),
           field_of("00", "01", "-"),                      // version 0 has nothing behind its flags
           field_of("00", "01", "-what"),                  //
           field_of("00", "01", ".what"),                  //
           field_of("ff", "01"),                           // the version that is forbidden
           field_of("01", "01", ".what"),                  // later ones go on behind a dash
           field_of("0A", "01"),                           // lower case alone
           field_of("00", "0A"),                           //
           field_of("00", "0g"),                           //
           field_of("00", "1"),                            // too short
           field_of("0", "01"),                            //
           "00-" + zero_trace + "-" + known_span + "-01",  // no trace
           "00-" + known_trace + "-" + zero_span + "-01",  // no parent
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + known_span + "-01",  // upper case
           "00-" + known_trace + "-00F067AA0BA902B7-01",                 //
           "00_" + known_trace + "-" + known_span + "-01",               // other separators
           "00-" + known_trace + "_" + known_span + "-01",               //
           "00-" + known_trace + "-" + known_span + "_01",               //
           " " + field_of("00", "01"),                                   //
           "00-" + known_trace.substr(1) + "-" + known_span + "-01x",
       }) {
    CAPTURE(field);
    CHECK_FALSE(parse_traceparent(field).has_value());
  }
}

TEST_CASE("of a later version what is known is read, and what is unknown not passed on", "[observe][trace]") {
  for (const std::string& field :
       {field_of("01", "01"), field_of("cc", "09", "-what-else"), field_of("fe", "01", "-")}) {
    CAPTURE(field);
    const auto read = parse_traceparent(field);
    REQUIRE(read);
    CHECK(read->traceparent() == field_of("00", "01"));
  }
  CHECK(parse_traceparent(field_of("00", "ff")).value().traceparent() == field_of("00", "03"));
}

TEST_CASE("ids are new, and a child stays in its trace", "[observe][trace]") {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const trace_context root = new_trace(), child = child_of(root);
    CHECK(root.sampled());
    CHECK(child.trace_id == root.trace_id);
    CHECK(child.span_id != root.span_id);
    CHECK(child.flags == root.flags);
    CHECK(parse_traceparent(child.traceparent()) == child);
    seen.insert(root.traceparent());
    seen.insert(child.traceparent());
  }
  CHECK(seen.size() == 200);
}

}  // namespace coseal::test
