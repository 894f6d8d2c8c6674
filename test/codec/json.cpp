#include "support/catch.hpp"
#include "support/every_value.hpp"

#include <coseal/json.hpp>

#include <limits>

using namespace coseal;
using coseal::test::every_value;
using namespace std::string_literals;

namespace {

template <class T>
std::string json_of(const T& value) {
  std::string out;
  to_json(out, value);
  return out;
}

template <class T>
void is_json(const T& value, const std::string& text) {
  CHECK(json_of(value) == text);
  decode_failure where;
  const auto back = from_json<T>(text, &where);
  CAPTURE(text, where.text());
  CHECK((back && *back == value));
}

template <class T>
void is_not_json(std::string_view text, value_errc why, std::string_view path = "") {
  decode_failure where;
  const auto value = from_json<T>(text, &where);
  CAPTURE(text, where.text());
  CHECK_FALSE(value);
  CHECK(value.error() == why);
  CHECK(where.path == path);
}

template <class T>
void has_no_json(const T& value, value_errc why) {
  std::string out;
  try {
    to_json(out, value);
    FAIL_CHECK("it has: " << out);
  } catch (const error& failed) {
    CHECK(failed.code() == why);
  }
}

}  // namespace

TEST_CASE("random values of every type come back from JSON as they were", "[codec]") {
  test::random_values random(6);
  for (int i = 0; i < 300; ++i) {
    const auto value = random.any<every_value>();
    const std::string text = json_of(value);
    decode_failure where;
    const auto back = from_json<every_value>(text, &where);
    CAPTURE(i, where.text(), text);
    REQUIRE(back);
    REQUIRE(*back == value);
    REQUIRE(encode(*back) == encode(value));
    REQUIRE(json_of(*back) == text);
  }
}

TEST_CASE("no beginning of a JSON text is one, and a changed byte does no harm", "[codec]") {
  test::random_values random(7);
  for (int i = 0; i < 4; ++i) {
    std::string text;
    do text = json_of(random.any<every_value>());
    while (text.size() > 1500);
    for (std::size_t n = 0; n < text.size(); ++n)
      if (from_json<every_value>(std::string_view(text).substr(0, n)))
        FAIL_CHECK("value " << i << ", " << n << " bytes");
    for (int flips = 0; flips < 400; ++flips) {
      const auto at = random.below(text.size());
      const char before = text[at];
      text[at] = static_cast<char>(random.below(256));
      const auto value = from_json<every_value>(text);
      if (value && from_json<every_value>(json_of(*value)).value() != *value) FAIL_CHECK("value " << i);
      text[at] = before;
    }
  }
}

TEST_CASE("every type has the JSON that the protocol says", "[codec]") {
  is_json(std::numeric_limits<std::uint64_t>::max(), "18446744073709551615");
  is_json(std::numeric_limits<std::int64_t>::min(), "-9223372036854775808");
  is_json(0.1, "0.1");
  is_json(0.1F, "0.1");
  is_json(std::numeric_limits<double>::max(), "1.7976931348623157e+308");
  is_json(std::numeric_limits<double>::denorm_min(), "5e-324");
  is_json(std::numeric_limits<float>::max(), "3.4028235e+38");
  is_json(true, "true");
  is_json("a\"\\\n\x01\x7f\u00e9\U0001f600"s, "\"a\\\"\\\\\\n\\u0001\x7f\u00e9\U0001f600\"");
  is_json(std::vector<std::byte>{}, "\"\"");
  is_json(std::vector<std::byte>(1, std::byte{0xff}), "\"/w==\"");
  is_json(std::vector<std::byte>(2, std::byte{0xff}), "\"//8=\"");
  is_json(std::array<std::byte, 3>{}, "\"AAAA\"");
  is_json(std::vector<std::uint8_t>{1, 2}, "[1,2]");
  is_json(std::optional<int>(), "null");
  is_json(std::map<std::int16_t, bool>{{-2, true}, {1, false}}, R"({"-2":true,"1":false})");
  is_json(std::unordered_map<test::suit, int>{{test::suit::hearts, 1}}, R"({"hearts":1})");
  is_json(test::shape(), R"({"none":null})");
  is_json(test::shape(test::point{1, 2}), R"({"point":{"x":1,"y":2}})");
  is_json(test::sparse::low, "\"low\"");
  is_json(static_cast<test::plain>(7), "7");
  is_json(test::code(), "\"AAAA\"");
  is_json(std::chrono::milliseconds(-7), "-7");
  using namespace std::chrono;
  is_json(sys_time<milliseconds>(milliseconds(-1)), "\"1969-12-31T23:59:59.999Z\"");
  is_json(sys_time<nanoseconds>(nanoseconds::max()), "\"2262-04-11T23:47:16.854775807Z\"");
  is_json(sys_time<nanoseconds>(nanoseconds::min()), "\"1677-09-21T00:12:43.145224192Z\"");
  is_json(sys_days(year(9999) / 12 / 31), "\"9999-12-31T00:00:00Z\"");
  is_json(sys_days(year(0) / 1 / 1), "\"0000-01-01T00:00:00Z\"");
}

TEST_CASE("what JSON can not say is refused when it is written", "[codec]") {
  has_no_json(std::numeric_limits<double>::quiet_NaN(), value_errc::no_json_form);
  has_no_json(-std::numeric_limits<float>::infinity(), value_errc::no_json_form);
  has_no_json("\xff"s, value_errc::not_utf8);
  has_no_json(test::suit{}, value_errc::out_of_range);
  using namespace std::chrono;
  has_no_json(sys_days(year(10000) / 1 / 1), value_errc::no_json_form);
  has_no_json(sys_days(year(-1) / 12 / 31), value_errc::no_json_form);
  has_no_json(sys_time<hours>(hours::max()), value_errc::no_json_form);
  has_no_json(sys_seconds(seconds::min()), value_errc::no_json_form);
}

TEST_CASE("numbers of JSON are exact and in range", "[codec]") {
  CHECK(*from_json<double>("1E2") == 100);
  CHECK(*from_json<double>("18446744073709551616") == 18446744073709551616.0);
  CHECK(*from_json<double>("1e-400") == 0);
  CHECK(*from_json<float>("1e-60") == 0);
  CHECK(std::signbit(*from_json<double>("-0")));
  // Above the middle of two floats, but not as a double.
  CHECK(*from_json<float>("1.00000005960464477540") == std::nextafter(1.0F, 2.0F));
  CHECK(*from_json<std::int8_t>(" -128\n") == -128);
  for (const auto text : {"128", "-129", "9223372036854775808", "1000000000000000000000000"})
    is_not_json<std::int8_t>(text, value_errc::out_of_range);
  for (const auto text : {"256", "-1", "18446744073709551616"})
    is_not_json<std::uint8_t>(text, value_errc::out_of_range);
  is_not_json<std::uint64_t>("18446744073709551616", value_errc::out_of_range);
  is_not_json<double>("1e309", value_errc::out_of_range);
  is_not_json<float>("3.5e38", value_errc::out_of_range);
  for (const auto text : {"1.0", "1e0", "\"1\"", "null", "true", "[1]", "{}"})
    is_not_json<std::int32_t>(text, value_errc::wrong_type);
  for (const auto text :
       {"01", "+1", "-", "1.", ".5", "1e", "0x1", "1_0", "NaN", "Infinity", "1 1", "1,1", "1]", "", " "})
    is_not_json<double>(text, value_errc::not_json);
}

TEST_CASE("objects have their fields, each once, and no others", "[codec]") {
  using test::point;
  CHECK(from_json<point>(R"( { "y" : 2 , "x" : 1 } )").value() == point{1, 2});
  CHECK(from_json<point>(R"({"\u0078":1,"y":2})").value() == point{1, 2});
  is_not_json<point>(R"({"x":1})", value_errc::missing_field, "y");
  is_not_json<point>(R"({"x":1,"y":2,"z":3})", value_errc::unknown_field, "[\"z\"]");
  is_not_json<point>(R"({"x":1,"y":2,"x":1})", value_errc::duplicate_field, "x");
  is_not_json<point>(R"({"x":1,"y":"2"})", value_errc::wrong_type, "y");
  is_not_json<point>(R"({"x":1,"y":2)", value_errc::not_json);
  is_not_json<point>(R"({"x":1,"y":2,})", value_errc::not_json);
  is_not_json<point>(R"({"x":1 "y":2})", value_errc::not_json);
  is_not_json<point>(R"([1,2])", value_errc::wrong_type);
  is_not_json<std::vector<point>>(R"([{"x":1,"y":2},{"x":1,"y":2.5}])", value_errc::wrong_type, "[1].y");
  using by_name = std::map<std::string, point>;
  is_not_json<by_name>(R"({"a\n":{"x":1}})", value_errc::missing_field, "[\"a?\"].y");
  is_not_json<by_name>(R"({"a":{"x":1,"y":1},"a":{"x":1,"y":1}})", value_errc::duplicate_field, "[\"a\"]");
  is_not_json<std::map<int, bool>>(R"({"01":true})", value_errc::out_of_range, "[\"01\"]");
  is_not_json<std::map<int, bool>>(R"({"-0":true})", value_errc::out_of_range, "[\"-0\"]");
  is_not_json<test::shape>("{}", value_errc::missing_field);
  is_not_json<test::shape>(R"({"circle":1})", value_errc::unknown_field, "[\"circle\"]");
  is_not_json<test::shape>(R"({"i64":1,"text":""})", value_errc::unknown_field, "[\"text\"]");
  is_not_json<test::suit>("\"joker\"", value_errc::out_of_range);
  is_not_json<std::array<int, 2>>("[1]", value_errc::out_of_range);
  is_not_json<std::array<int, 2>>("[1,2,3]", value_errc::out_of_range);
}

TEST_CASE("text of JSON is UTF-8, escaped or not", "[codec]") {
  CHECK(*from_json<std::string>(R"("\ud83d\ude00\u0000\/")") == "\U0001f600\0/"s);
  for (const auto text :
       {R"("\ud83d")", R"("\ude00")", R"("\ud83dx")", R"("\ude00\ud83d")", R"("\ud83d\u0041")"}) {
    CAPTURE(text);
    CHECK_FALSE(from_json<std::string>(text));
  }
  CHECK_FALSE(from_json<std::string>("\"\xff\""));
  CHECK_FALSE(from_json<std::string>("\"\xed\xa0\x80\""));
  CHECK_FALSE(from_json<std::string>("\"\n\""));
  CHECK_FALSE(from_json<std::string>(R"("\x")"));
  CHECK_FALSE(from_json<std::string>(R"("\u00g0")"));
  CHECK_FALSE(from_json<std::string>("\"a"));
  for (const auto text : {"\"A\"", "\"AA=\"", "\"AB==\"", "\"AAB=\"", "\"A===\"", "\"====\"", "\"AA==AA==\"",
                          "\"A A=\"", "\"AA-_\"", "\"AA==\\n\""}) {
    CAPTURE(text);
    CHECK_FALSE(from_json<std::vector<std::byte>>(text));
  }
}

TEST_CASE("times of JSON are RFC 3339 in UTC and exact", "[codec]") {
  using namespace std::chrono;
  using milli = sys_time<milliseconds>;
  CHECK(from_json<milli>("\"2026-02-28T23:59:59.5Z\"").value() == sys_days(year(2026) / 2 / 28) + 86399500ms);
  CHECK(from_json<milli>("\"2024-02-29T00:00:00Z\"").value() == sys_days(year(2024) / 2 / 29));
  for (const auto text :
       {"2026-02-29T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-12-31T23:59:60Z",
        "2026-01-01T00:00:00.0001Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.0000000000Z",
        "2026-01-01T00:00:00", "2026-01-01T00:00:00+00:00", "2026-01-01 00:00:00Z", "2026-1-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-01-01T00:00:00Zx", "-001-01-01T00:00:00Z", ""})
    is_not_json<milli>("\"" + std::string(text) + "\"", value_errc::out_of_range);
  is_not_json<sys_time<nanoseconds>>("\"2262-04-11T23:47:16.854775808Z\"", value_errc::out_of_range);
  is_not_json<sys_time<nanoseconds>>("\"1677-09-21T00:12:43.145224191Z\"", value_errc::out_of_range);
  is_not_json<sys_days>("\"2026-01-01T00:00:01Z\"", value_errc::out_of_range);
  is_not_json<milli>("0", value_errc::wrong_type);
}

TEST_CASE("memory and depth of a value are bounded by its JSON", "[codec]") {
  using large = std::optional<std::array<std::uint64_t, 1000>>;
  const auto nulls = [](std::size_t n) {
    std::string text = "[null";
    while (--n > 0) text += ",null";
    return text + "]";
  };
  CHECK(from_json<std::vector<large>>(nulls(500)));
  CHECK(from_json<std::vector<large>>(nulls(5000)).error() == value_errc::too_much_memory);
  const auto deep = [](std::size_t levels) {
    std::string text;
    for (std::size_t i = 0; i < levels; ++i) text += R"({"label":"","children":[)";
    for (std::size_t i = 0; i < levels; ++i) text += "]}";
    return text;
  };
  CHECK(from_json<test::node>(deep(max_value_depth)));
  CHECK(from_json<test::node>(deep(max_value_depth + 1)).error() == value_errc::too_deep);
  CHECK(from_json<test::node>(deep(100'000)).error() == value_errc::too_deep);
  CHECK_FALSE(from_json<test::node>(std::string(100'000, '[')));
}

TEST_CASE("a type's own reading may read other JSON in between", "[codec]") {
  json_cursor outer("[1,2]");
  std::int64_t number = 0;
  REQUIRE(outer.begin_array());
  REQUIRE(outer.next_element());
  REQUIRE(outer.number(number));
  CHECK(*from_json<std::string>("\"other\"") == "other");
  REQUIRE(outer.next_element());
  REQUIRE(outer.number(number));
  CHECK(number == 2);
  CHECK_FALSE(outer.next_element());
  CHECK(outer.complete());
}
