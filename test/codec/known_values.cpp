// What docs/protocol.md says of values, byte by byte.
#include "support/catch.hpp"
#include "support/every_value.hpp"

#include <coseal/action.hpp>
#include <coseal/codec.hpp>

using namespace coseal;

namespace wire_test {

struct address {
  std::string street;
  std::uint32_t zip = 0;
};
COSEAL_STRUCT(address, street, zip)
struct user {
  std::string name;
  std::uint8_t age = 0;
};
COSEAL_STRUCT(user, name, age)
struct users {
  std::vector<user> list;
  std::map<std::string, user> by_name;
};
COSEAL_STRUCT(users, list, by_name)
struct too_long {
  std::uint32_t limit = 0;
};
COSEAL_STRUCT(too_long, limit)
struct move_user {
  std::uint64_t id = 0;
  std::optional<address> to;
  using reply = std::vector<address>;
  using errors = declared<too_long, user>;
};
COSEAL_ACTION(move_user, id, to)
struct ping {
  static constexpr std::string_view action_name = "are-you-there";
};
COSEAL_ACTION(ping)
struct many {
  int a1, a2, a3, a4, a5, a6, a7, a8, b1, b2, b3, b4, b5, b6, b7, b8, c1, c2, c3, c4, c5, c6, c7, c8, d1, d2,
      d3, d4, d5, d6, d7, d8, e1, e2, e3, e4, e5, e6, e7, e8, f1, f2, f3, f4, f5, f6, f7, f8, g1, g2, g3, g4,
      g5, g6, g7, g8, h1, h2, h3, h4, h5, h6, h7, h8;
};
COSEAL_ACTION(many, a1, a2, a3, a4, a5, a6, a7, a8, b1, b2, b3, b4, b5, b6, b7, b8, c1, c2, c3, c4, c5, c6,
              c7, c8, d1, d2, d3, d4, d5, d6, d7, d8, e1, e2, e3, e4, e5, e6, e7, e8, f1, f2, f3, f4, f5, f6,
              f7, f8, g1, g2, g3, g4, g5, g6, g7, g8, h1, h2, h3, h4, h5, h6, h7, h8)

}  // namespace wire_test

namespace {

std::vector<std::byte> octets(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

/// `value` has these bytes, and these bytes are `value`.
template <class T>
void is_written(const T& value, std::initializer_list<int> bytes) {
  CAPTURE(describe<T>(), bytes.size());
  CHECK(encode(value) == octets(bytes));
  const auto back = decode<T>(octets(bytes));
  CHECK((back && *back == value));
}

template <class T>
void is_refused(std::initializer_list<int> bytes, value_errc why, std::string_view path = "") {
  decode_failure where;
  const auto value = decode<T>(octets(bytes), &where);
  CAPTURE(describe<T>(), where.text());
  CHECK_FALSE(value);
  CHECK(value.error() == why);
  CHECK(value.error() == condition::malformed);
  CHECK(where.code == why);
  CHECK(where.path == path);
}

}  // namespace

TEST_CASE("every type is written as the protocol says", "[codec]") {
  is_written(std::uint8_t{200}, {200});
  is_written(std::int8_t{-2}, {0xfe});
  is_written(std::uint32_t{127}, {0x7f});
  is_written(std::uint32_t{128}, {0x80, 0x80});
  is_written(std::uint16_t{0x1234}, {0x92, 0x34});
  is_written(std::uint64_t{0x4000}, {0xc0, 0x40, 0x00});
  is_written(~std::uint64_t{0} >> 8, {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
  is_written(~std::uint64_t{0}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
  is_written(std::int32_t{-1}, {0x01});
  is_written(std::int32_t{-65}, {0x80, 0x81});
  is_written(true, {1});
  is_written(1.5F, {0x3f, 0xc0, 0, 0});
  is_written(-2.0, {0xc0, 0, 0, 0, 0, 0, 0, 0});
  is_written(std::string("\u00e9a"), {3, 0xc3, 0xa9, 'a'});
  is_written(octets({7, 8}), {2, 7, 8});
  is_written(std::array<std::uint16_t, 2>{1, 128}, {1, 0x80, 0x80});
  is_written(std::vector<bool>{true, false}, {2, 1, 0});
  is_written(std::optional<std::uint8_t>(), {0});
  is_written(std::optional<std::uint8_t>(9), {1, 9});
  is_written(std::variant<std::monostate, std::uint8_t>(std::uint8_t{9}), {1, 9});
  is_written(std::map<std::string, bool>{{"a", true}, {"b", false}}, {2, 1, 'a', 1, 1, 'b', 0});
  is_written(std::unordered_map<std::int16_t, bool>{{3, true}, {-3, false}}, {2, 5, 0, 6, 1});
  is_written(std::chrono::milliseconds(-1), {1});
  is_written(std::chrono::sys_seconds(std::chrono::seconds(64)), {0x80, 0x80});
  is_written(test::suit::spades, {4});
  is_written(test::sparse::low, {0xc2, 0x22, 0xdf});
  is_written(test::point{1, -1}, {2, 1});
  is_written(test::code{{'F', 'R', 'A', 'X'}}, {4, 'F', 'R', 'A', 'X'});
  CHECK(encode(wire_test::ping()).empty());
}

TEST_CASE("what is no value of its type is refused, by name and place", "[codec]") {
  is_refused<std::uint32_t>({}, value_errc::truncated);
  is_refused<std::uint32_t>({0x80}, value_errc::truncated);
  is_refused<std::uint32_t>({0x80, 0x7f}, value_errc::not_canonical);
  is_refused<std::uint32_t>({0xc0, 0x3f, 0xff}, value_errc::not_canonical);
  is_refused<std::uint64_t>({0xff, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, value_errc::not_canonical);
  is_refused<std::uint16_t>({0xc1, 0, 0}, value_errc::out_of_range);
  is_refused<std::int16_t>({0xc1, 0, 0}, value_errc::out_of_range);
  is_refused<std::uint8_t>({1, 2}, value_errc::trailing_bytes);
  is_refused<bool>({2}, value_errc::not_canonical);
  is_refused<std::optional<bool>>({2, 0}, value_errc::not_canonical);
  is_refused<std::string>({2, 0xc0, 0xaf}, value_errc::not_utf8);
  is_refused<std::string>({3, 0xed, 0xa0, 0x80}, value_errc::not_utf8);
  is_refused<test::suit>({0}, value_errc::out_of_range);
  is_refused<test::suit>({5}, value_errc::out_of_range);
  is_refused<test::sparse>({2}, value_errc::out_of_range);
  is_refused<std::variant<bool, std::string>>({2}, value_errc::out_of_range);
  is_refused<test::code>({4, 'F', 'R', 'A', '1'}, value_errc::refused);
  is_refused<std::map<std::string, bool>>({2, 1, 'b', 0, 1, 'a', 0}, value_errc::not_canonical, "[\"a\"]");
  is_refused<std::map<std::uint8_t, bool>>({2, 7, 0, 7, 0}, value_errc::not_canonical, "[\"7\"]");
  is_refused<std::unordered_map<std::string, bool>>({2, 1, 'a', 0, 1, 'a', 0}, value_errc::not_canonical,
                                                    "[\"a\"]");
  is_refused<std::map<std::string, bool>>({1, 3, 'a', '\n', '"', 2}, value_errc::not_canonical, "[\"a??\"]");
}

TEST_CASE("a failure names the way to the place", "[codec]") {
  using wire_test::users;
  is_refused<users>({2, 1, 'a', 1, 1, 'b'}, value_errc::truncated, "list[1].age");
  is_refused<users>({0, 1, 1, 'b', 1, 0xff, 0}, value_errc::not_utf8, "by_name[\"b\"].name");
  decode_failure where;
  CHECK_FALSE(decode<users>(octets({0, 1, 1, 'b', 1, 0xff, 0}), &where));
  CHECK(where.text() == "by_name[\"b\"].name: text that is not UTF-8");
  CHECK(decode_failure{value_errc::truncated, ""}.text() == make_error_code(value_errc::truncated).message());
}

TEST_CASE("a length costs its sender as many bytes as it announces", "[codec]") {
  is_refused<std::vector<std::uint64_t>>({0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
                                         value_errc::too_many);
  is_refused<std::vector<std::uint64_t>>({3, 1, 1}, value_errc::too_many);
  is_refused<std::vector<double>>({2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, value_errc::too_many);
  is_refused<std::string>({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, value_errc::too_many);
  is_refused<std::vector<std::byte>>({0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, value_errc::too_many);
  is_refused<std::map<std::string, bool>>({2, 0, 0, 0}, value_errc::too_many);
  is_refused<std::vector<std::vector<std::string>>>({1, 0x83, 0xe8}, value_errc::too_many, "[0]");
}

TEST_CASE("memory and depth of a value are bounded by its bytes", "[codec]") {
  using large = std::optional<std::array<std::uint64_t, 1000>>;
  const auto nothings = [](std::size_t n) { return encode(std::vector<large>(n)); };
  CHECK(decode<std::vector<large>>(nothings(500)));
  CHECK(decode<std::vector<large>>(nothings(5000)).error() == value_errc::too_much_memory);
  // In small lists as well.
  const auto in_lists = encode(std::vector<std::vector<large>>(5000, std::vector<large>(1)));
  CHECK(decode<std::vector<std::vector<large>>>(in_lists).error() == value_errc::too_much_memory);

  const auto deep = [](std::size_t levels) {
    std::vector<std::byte> bytes;
    for (; levels > 1; --levels) bytes.insert(bytes.end(), {std::byte{0}, std::byte{1}});
    bytes.insert(bytes.end(), 2, std::byte{0});
    return bytes;
  };
  CHECK(decode<test::node>(deep(max_value_depth)));
  CHECK(decode<test::node>(deep(max_value_depth + 1)).error() == value_errc::too_deep);
  CHECK(decode<test::node>(deep(100'000)).error() == value_errc::too_deep);
}

TEST_CASE("a type has one text", "[codec]") {
  CHECK(describe<long>() == "i64");
  CHECK(describe<std::vector<std::optional<std::uint16_t>>>() == "list<optional<u16>>");
  CHECK(describe<std::map<std::string, std::vector<std::byte>>>() == "map<text,bytes>");
  CHECK(describe<std::array<float, 3>>() == "array<f32,3>");
  CHECK(describe<std::array<std::byte, 16>>() == "bytes<16>");
  CHECK(describe<std::chrono::sys_time<std::chrono::milliseconds>>() == "time<i64,1/1000>");
  CHECK(describe<std::chrono::duration<double, std::ratio<60>>>() == "duration<f64,60/1>");
  CHECK(describe<test::suit>() == "enum suit:u8{clubs=1,diamonds=2,hearts=3,spades=4}");
  CHECK(describe<test::plain>() == "u16");
  CHECK(describe<test::node>() == "node{label:text,children:list<node>}");
  CHECK(describe<test::code>() == "code(text)");
  CHECK(describe<std::variant<std::monostate, bool>>() == "variant<none,bool>");
  CHECK(describe<wire_test::move_user>() ==
        "move_user{id:u64,to:optional<address{street:text,zip:u32}>}->list<address{street:text,zip:u32}>"
        "!too_long{limit:u32}!user{name:text,age:u8}");
  CHECK(describe<wire_test::ping>() == "are-you-there{}");
  CHECK(describe<wire_test::many>().size() > 64 * 6);
}

TEST_CASE("an action knows its reply and its errors", "[codec]") {
  using namespace wire_test;
  STATIC_REQUIRE(action<move_user>);
  STATIC_REQUIRE_FALSE(action<address>);
  STATIC_REQUIRE(std::is_void_v<reply_of<ping>>);
  STATIC_REQUIRE(std::is_same_v<reply_of<move_user>, std::vector<address>>);
  STATIC_REQUIRE(errors_of<ping>::size == 0);
  STATIC_REQUIRE(errors_of<move_user>::index_of<user> == 1);
  STATIC_REQUIRE_FALSE(errors_of<move_user>::contains<address>);
  CHECK(action_name<move_user>() == "move_user");
  CHECK(action_name<ping>() == "are-you-there");
}

TEST_CASE("each reason has a sentence of its own", "[codec]") {
  for (int value = 1; value <= static_cast<int>(value_errc::no_json_form); ++value) {
    const std::error_code code = static_cast<value_errc>(value);
    CAPTURE(value);
    CHECK(code.message().find("unknown") == std::string::npos);
    CHECK((code == condition::malformed) == (code != value_errc::no_json_form));
  }
}
