#include "support/catch.hpp"

#include <coseal/channel.hpp>
#include <coseal/channel_description.hpp>
#include <coseal/error.hpp>

#include <memory>
#include <simdjson.h>

using namespace coseal;

namespace contract_test {

struct greet {
  std::string name;
  using reply = std::string;
};
COSEAL_ACTION(greet, name)

struct not_found {
  std::uint64_t id = 0;
};
COSEAL_STRUCT(not_found, id)
enum class role : std::uint8_t { reader, writer };
COSEAL_ENUM(role, reader, writer)
struct team {
  std::string name;
  std::vector<team> parts;
  std::map<std::string, role> members;
};
COSEAL_STRUCT(team, name, parts, members)
struct promote {
  std::uint64_t id = 0;
  std::optional<role> to;
  std::variant<std::monostate, team> in;
  std::chrono::milliseconds wait{0};
  std::array<std::byte, 16> key{};
  using reply = team;
  using errors = declared<not_found>;
};
COSEAL_ACTION(promote, id, to, in, wait, key)
struct joined {
  std::string who;
};
COSEAL_ACTION(joined, who)
struct not_here {};
COSEAL_ACTION(not_here)

namespace other {
struct greet {
  std::string name;
  std::uint32_t age = 0;
  using reply = std::string;
};
COSEAL_ACTION(greet, name, age)
/// Another struct of the same name.
struct not_found {};
COSEAL_STRUCT(not_found)
struct fetch {
  using errors = declared<not_found>;
};
COSEAL_ACTION(fetch)
}  // namespace other

struct line_break {};

}  // namespace contract_test

template <>
struct coseal::codec<contract_test::line_break> : coseal::codec_via<contract_test::line_break, bool> {
  static constexpr std::string_view name = "line\nbreak";
};
namespace contract_test {
struct broken {
  line_break one;
};
COSEAL_ACTION(broken, one)
}  // namespace contract_test

namespace {

using namespace contract_test;
using kind = channel_difference::kind;

domain users() {
  return coseal::domain("users").action<greet>().action<promote>();
}
domain events() {
  return coseal::domain("events").action<joined>();
}

template <class Define>
void is_refused_channel(Define define, std::string_view words) {
  try {
    define();
    FAIL_CHECK("it was not refused");
  } catch (const error& refused) {
    CHECK(refused.code() == errc::invalid_channel);
    CHECK(refused.code() == condition::misuse);
    CHECK_THAT(refused.what(), Catch::Matchers::Contains(std::string(words)));
  }
}

void differs(const channel& before, const channel& after, kind what, std::string_view words) {
  const auto found = first_difference(before, after);
  REQUIRE(found);
  CAPTURE(found->text);
  CHECK(found->what == what);
  CHECK(found->old_peers_work() == (what == kind::appended));
  CHECK_THAT(found->text, Catch::Matchers::Contains(std::string(words)));
}

}  // namespace

TEST_CASE("a channel knows the position of each action in each direction", "[contract]") {
  const auto app = define_channel({.to_acceptor = {users()}, .to_connector = {events()}});
  CHECK(app.to_acceptor().size() == 2);
  CHECK(app.to_acceptor().position_of<greet>() == 0);
  CHECK(app.to_acceptor().position_of<promote>() == 1);
  CHECK(app.to_acceptor().position_of("users/promote") == 1);
  CHECK_FALSE(app.to_acceptor().position_of<joined>());
  CHECK_FALSE(app.to_acceptor().position_of("users/joined"));
  CHECK_FALSE(app.to_acceptor().position_of<other::greet>());
  CHECK(app.to_connector().position_of<joined>() == 0);
  CHECK(app.to_acceptor()[0].domain == "users");
  CHECK(app.to_acceptor()[0].action == "greet");
  CHECK(app.to_acceptor()[0].type == typeid(greet));
  const auto copy = app;
  CHECK(copy.to_acceptor().position_of("users/promote") == 1);
  const auto texts = app.definition();
  CHECK(texts.to_acceptor[0] == "users/greet{name:text}->text");
  CHECK(
      texts.to_acceptor[1] ==
      "users/promote{id:u64,to:optional<enum role:u8{reader=0,writer=1}>,"
      "in:variant<none,team{name:text,parts:list<team>,members:map<text,enum role:u8{reader=0,writer=1}>}>,"
      "wait:duration<i64,1/1000>,key:bytes<16>}->"
      "team{name:text,parts:list<team>,members:map<text,enum role:u8{reader=0,writer=1}>}!not_found{id:u64}");
  CHECK(texts.to_connector == std::vector<std::string>{"events/joined{who:text}"});
  CHECK(define_channel({}).definition().to_acceptor.empty());
}

TEST_CASE("a channel that can not work is refused where it is defined", "[contract]") {
  is_refused_channel(
      [] {
        define_channel({.to_acceptor = {users(), users()}});
      },
      "users/greet stands twice in to_acceptor");
  is_refused_channel(
      [] {
        define_channel({.to_connector = {coseal::domain("users").action<greet>().action<other::greet>()}});
      },
      "users/greet stands twice in to_connector");
  is_refused_channel(
      [] {
        define_channel({.to_acceptor = {users(), coseal::domain("people").action<greet>()}});
      },
      "users/greet and people/greet in to_acceptor are one action type");
  for (const auto& name :
       {std::string(), std::string("a/b"), std::string("a b"), std::string("\n"), std::string(65, 'a')})
    is_refused_channel([&] { coseal::domain{name}; }, "its name is not");
  is_refused_channel([] { define_channel({.to_acceptor = {coseal::domain("a").action<broken>()}}); },
                     "holds a control character");
  // Both directions may have the same, and a domain may come again.
  CHECK_NOTHROW(define_channel(
      {.to_acceptor = {users(), coseal::domain("users").action<joined>()}, .to_connector = {users()}}));
}

TEST_CASE("only what is appended leaves old peers working", "[contract]") {
  const auto before = define_channel({.to_acceptor = {users()}, .to_connector = {events()}});
  const auto with = [](std::vector<domain> to_acceptor, std::vector<domain> to_connector) {
    return define_channel({.to_acceptor = std::move(to_acceptor), .to_connector = std::move(to_connector)});
  };
  const auto more = coseal::domain("users").action<not_here>();
  CHECK_FALSE(first_difference(before, with({users()}, {events()})));
  differs(before, with({users(), more}, {events()}), kind::appended,
          "position 3 of to_acceptor: users/not_here was appended");
  differs(before, with({users()}, {events(), more}), kind::appended, "position 2 of to_connector");
  differs(before, with({coseal::domain("users").action<other::greet>().action<promote>()}, {events()}),
          kind::changed,
          "position 1 of to_acceptor: users/greet changed: it was users/greet{name:text}->text and is "
          "users/greet{name:text,age:u32}->text");
  differs(before, with({coseal::domain("users").action<promote>().action<greet>()}, {events()}), kind::moved,
          "users/promote stands where users/greet stood");
  differs(before, with({more, users()}, {events()}), kind::inserted,
          "users/not_here was inserted before users/greet");
  differs(before, with({coseal::domain("users").action<greet>()}, {events()}), kind::removed,
          "position 2 of to_acceptor: users/promote was removed");
  differs(before, with({coseal::domain("users").action<greet>().action<not_here>()}, {events()}),
          kind::removed, "users/promote was removed, and users/not_here stands in its place");
  // What breaks comes before what is appended.
  differs(before, with({users(), more}, {}), kind::removed,
          "position 1 of to_connector: events/joined was removed");
  differs(before, with({}, {events(), more}), kind::removed, "position 1 of to_acceptor");
}

TEST_CASE("a description of a channel reads back as the same", "[contract]") {
  const auto app = define_channel({.to_acceptor = {users()}, .to_connector = {events()}});
  const std::string text = describe_channel(app);
  CHECK(text.starts_with(
      "coseal channel 1\nto_acceptor users/greet{name:text}->text\nto_acceptor users/promote{"));
  CHECK(text.ends_with("\nto_connector events/joined{who:text}\n"));
  const auto read = parse_channel_description(text);
  REQUIRE(read);
  CHECK(read->to_acceptor == app.definition().to_acceptor);
  CHECK(read->to_connector == app.definition().to_connector);
  CHECK(parse_channel_description(describe_channel(define_channel({}))));
  for (const auto wrong :
       {"", "coseal channel 1", "coseal channel 2\n", "to_acceptor users/a{}\n", "coseal channel 1\n\n",
        "coseal channel 1\nto_acceptor users/a\n", "coseal channel 1\nto_acceptor a{}\n",
        "coseal channel 1\nto_acceptor /a{}\n", "coseal channel 1\nto_nobody users/a{}\n",
        "coseal channel 1\nto_acceptor users/a{}\r\n", "coseal channel 1\nto_acceptor users/a{}"}) {
    CAPTURE(wrong);
    CHECK(parse_channel_description(wrong).error() == errc::invalid_channel);
  }
}

TEST_CASE("a channel has an OpenAPI document", "[contract]") {
  const auto app = define_channel(
      {.to_acceptor = {users(), coseal::domain("files").action<other::fetch>()}, .to_connector = {events()}});
  simdjson::dom::parser parser;
  const simdjson::dom::element document = parser.parse(describe_openapi(app, "Users", "1.2")).value();
  const auto at = [&](std::string_view pointer) {
    auto found = document.at_pointer(pointer);
    INFO(pointer);
    REQUIRE(found.error() == simdjson::SUCCESS);
    return simdjson::minify(found.value());
  };
  CHECK(at("/openapi") == "\"3.1.0\"");
  CHECK(at("/info/title") == "\"Users\"");
  CHECK(at("/paths/~1users~1greet/post/requestBody/content/application~1json/schema") ==
        R"({"$ref":"#/components/schemas/greet"})");
  CHECK(
      at("/components/schemas/greet") ==
      R"({"type":"object","properties":{"name":{"type":"string"}},"required":["name"],"additionalProperties":false})");
  CHECK(at("/paths/~1users~1greet/post/responses/200/content/application~1json/schema") ==
        R"({"type":"string"})");
  CHECK(at("/components/schemas/promote/properties/id") ==
        R"({"type":"integer","minimum":0,"maximum":18446744073709551615})");
  CHECK(at("/components/schemas/promote/properties/to") ==
        R"({"oneOf":[{"$ref":"#/components/schemas/role"},{"type":"null"}]})");
  CHECK(at("/components/schemas/promote/properties/wait/allOf/0/minimum") == "-9223372036854775808");
  CHECK(at("/components/schemas/role") == R"({"type":"string","enum":["reader","writer"]})");
  CHECK(at("/components/schemas/team/properties/parts") ==
        R"({"type":"array","items":{"$ref":"#/components/schemas/team"}})");
  CHECK(at("/components/schemas/team/properties/members") ==
        R"({"type":"object","additionalProperties":{"$ref":"#/components/schemas/role"}})");
  CHECK(at("/paths/~1users~1promote/post/responses/422/content/application~1problem+json/schema/properties/"
           "error/oneOf/0/"
           "properties") == R"({"not_found":{"$ref":"#/components/schemas/not_found"}})");
  CHECK(at("/paths/~1files~1fetch/post/responses/422/content/application~1problem+json/schema/properties/"
           "error/oneOf/0/"
           "properties") == R"({"not_found":{"$ref":"#/components/schemas/not_found_2"}})");
  CHECK(at("/webhooks/events~1joined/post/responses/204") == R"({"description":"done"})");
}
