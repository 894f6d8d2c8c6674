#include "contract/type_text.hpp"

#include "support/catch.hpp"

#include <string>

using coseal::parse_action_text;
using coseal::parse_type_text;
using coseal::type_text;

TEST_CASE("the text of a type is read to its parts", "[contract]") {
  const auto type = parse_type_text("address{street:text,zip:optional<u32>,at:enum role:u8{a=-1,b=2}}");
  REQUIRE(type);
  CHECK(type->what == type_text::form::structure);
  CHECK(type->name == "address");
  CHECK(type->member_names == std::vector<std::string_view>{"street", "zip", "at"});
  CHECK(type->arguments[1].what == type_text::form::generic);
  CHECK(type->arguments[1].whole == "optional<u32>");
  CHECK(type->arguments[2].what == type_text::form::enumeration);
  CHECK(type->arguments[2].member_names == std::vector<std::string_view>{"a", "b"});
  const auto period = parse_type_text("duration<i64,1/1000>");
  REQUIRE(period);
  CHECK(period->arguments[1].what == type_text::form::number);
  CHECK(period->arguments[1].name == "1/1000");
  CHECK(parse_type_text("uuid(text)")->what == type_text::form::mapped);
}

TEST_CASE("the text of an action has its reply and its errors", "[contract]") {
  const auto action = parse_action_text("users/are-you-there{}->list<text>!gone{}!late{by:i64}");
  REQUIRE(action);
  CHECK(action->domain == "users");
  CHECK(action->input.name == "are-you-there");
  CHECK(action->reply->whole == "list<text>");
  CHECK(action->errors.size() == 2);
  CHECK_FALSE(parse_action_text("a/b{}")->reply);
}

TEST_CASE("what is no text of a type is nothing", "[contract]") {
  for (const auto text :
       {"", "a{", "a{}x", "a{b}", "a{b:}", "a{b:u8,}", "a<", "a<>", "a<u8", "a<u8,>", "a()", "a(u8", "enum a",
        "enum a:u8", "enum a:u8{}", "enum a:u8{b}", "enum a:u8{b=1", ">", "a>"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_type_text(text));
    CHECK_FALSE(parse_action_text("a/b{c:" + std::string(text) + "}"));
  }
  for (const auto text : {"a{}", "/a{}", "a/b", "a/b<u8>", "a/b{}->", "a/b{}!", "a/b{}->u8!"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_action_text(text));
  }
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "a<";
  CHECK_FALSE(parse_type_text(deep));
}
