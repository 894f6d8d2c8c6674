#include "contract/value_json.hpp"

#include "fuzz/value_texts.hpp"
#include "support/catch.hpp"
#include "support/every_value.hpp"

#include <coseal/json.hpp>

#include <limits>

namespace coseal::test {
namespace {

struct parsed_type {
  explicit parsed_type(std::string written) : text(std::move(written)) {
    const auto read = parse_type_text(text);
    REQUIRE(read);
    type = *read;
  }
  std::string text;
  type_text type;
};

template <class T>
std::string typed_json(const T& value) {
  std::string out;
  to_json(out, value);
  return out;
}

/// Why this JSON is no value of the type, and where.
void is_no_value(const std::string& type, std::string_view json, value_errc why, std::string_view path = "") {
  const parsed_type of(type);
  decode_failure where;
  const auto value = value_from_json(of.type, json, &where);
  CAPTURE(type, json, where.text());
  CHECK_FALSE(value);
  CHECK(value.error() == why);
  CHECK(where.path == path);
}

void has_no_json_of(const std::string& type, std::vector<std::byte> bytes, value_errc why) {
  const parsed_type of(type);
  const auto text = value_to_json(of.type, bytes);
  CAPTURE(type);
  CHECK_FALSE(text);
  CHECK(text.error() == why);
}

template <typename... Numbers>
std::vector<std::byte> some(Numbers... numbers) {
  return {static_cast<std::byte>(numbers)...};
}

}  // namespace

TEST_CASE("by its text alone a type has the same JSON and the same bytes as in C++", "[contract]") {
  const parsed_type every(describe<every_value>());
  random_values random(11);
  for (int i = 0; i < 300; ++i) {
    const auto value = random.any<every_value>();
    const auto bytes = encode(value);
    const std::string json = typed_json(value);
    decode_failure where;
    const auto text = value_to_json(every.type, bytes, &where);
    CAPTURE(i, where.text(), json);
    REQUIRE(text);
    CHECK(*text == json);
    const auto back = value_from_json(every.type, json, &where);
    REQUIRE(back);
    CHECK(*back == bytes);
  }
}

TEST_CASE("changed and cut bytes are refused by a text as by the type, or are the same value", "[contract]") {
  const parsed_type every(describe<every_value>());
  random_values random(12);
  const auto bytes = encode(random.any<every_value>());
  std::size_t refused = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] ^= static_cast<std::byte>(1 + random.below(255));
    const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(i));
    CHECK_FALSE(value_to_json(every.type, cut));
    const auto typed = decode<every_value>(changed);
    const auto text = value_to_json(every.type, changed);
    CAPTURE(i);
    if (!text) {
      ++refused;
      // What is left open by the text: the application's own rules, and what JSON can not say.
      if (typed) CHECK(text.error() == value_errc::no_json_form);
    } else if (typed) {
      CHECK(*text == typed_json(*typed));
    }
  }
  CHECK(refused > 0);
}

TEST_CASE("JSON that is no value of a text's type is refused, and the place named", "[contract]") {
  const std::string point_text = "point{x:i32,y:i32}";
  is_no_value(point_text, R"({"x":1})", value_errc::missing_field, "y");
  is_no_value(point_text, R"({"x":1,"y":2,"z":3})", value_errc::unknown_field, R"(["z"])");
  is_no_value(point_text, R"({"x":1,"x":2,"y":3})", value_errc::duplicate_field, "x");
  is_no_value(point_text, R"({"x":1,"y":2.5})", value_errc::wrong_type, "y");
  is_no_value("list<u8>", "[1,2,256]", value_errc::out_of_range, "[2]");
  is_no_value("i8", "-129", value_errc::out_of_range);
  is_no_value("array<u8,2>", "[1]", value_errc::out_of_range);
  is_no_value("bytes<2>", R"("AA==")", value_errc::out_of_range);
  is_no_value("map<i16,u8>", R"({"01":1})", value_errc::out_of_range, R"(["01"])");
  is_no_value("map<text,u8>", R"({"a":1,"a":2})", value_errc::duplicate_field, R"(["a"])");
  is_no_value("enum suit:u8{clubs=1}", R"("hearts")", value_errc::out_of_range);
  is_no_value("variant<u8,text>", R"({"u8":1,"text":"a"})", value_errc::unknown_field, R"(["text"])");
  is_no_value("variant<u8,text>", "{}", value_errc::missing_field);
  is_no_value("u8", "1 2", value_errc::not_json);
  is_no_value("u8", "", value_errc::not_json);
}

TEST_CASE("types that a stranger's text makes up cost no more than their values", "[contract]") {
  has_no_json_of("array<none,4000000000>", {}, value_errc::too_much_memory);
  has_no_json_of("array<a{},4000000000>", {}, value_errc::too_much_memory);
  has_no_json_of("a{b:array<array<none,65535>,65535>}", {}, value_errc::too_much_memory);
  has_no_json_of("list<none>", some(5), value_errc::too_many);
  has_no_json_of("list<u8>", some(200, 200, 1), value_errc::too_many);
  std::vector<std::byte> deep(100'000, std::byte{1});
  has_no_json_of("a{again:optional<a>}", deep, value_errc::too_deep);
  has_no_json_of("thing", some(1), value_errc::wrong_type);
  has_no_json_of("stream<u8>", some(1), value_errc::wrong_type);
  has_no_json_of("u7", some(1), value_errc::wrong_type);
  has_no_json_of("time<i64,0/1>", some(1), value_errc::wrong_type);
  has_no_json_of("map<text,u8>", some(2, 1, 'b', 1, 1, 'a', 2), value_errc::not_canonical);
  has_no_json_of("map<i16,u8>", some(2, 2, 1, 2, 2), value_errc::not_canonical);
  has_no_json_of("f64", some(0x7f, 0xf8, 0, 0, 0, 0, 0, 0), value_errc::no_json_form);
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += R"({"again":)";
  is_no_value("u8", nested, value_errc::wrong_type);
}

TEST_CASE("texts and values that are changed anywhere do no harm", "[contract]") {
  random_values random(13);
  const std::string type = describe<every_value>();
  for (int i = 0; i < 600; ++i) {
    const auto value = random.any<every_value>();
    std::vector<std::byte> input;
    const auto add = [&](std::span<const std::byte> part) {
      input.insert(input.end(), part.begin(), part.end());
    };
    add(std::as_bytes(std::span(type)));
    add(std::as_bytes(std::span("\n", 1)));
    const std::string json = typed_json(value);
    if (i % 2 == 0)
      add(encode(value));
    else
      add(std::as_bytes(std::span(json)));
    for (auto n = random.below(3); n > 0; --n)
      input[random.below(input.size())] = static_cast<std::byte>(random.below(256));
    fuzz_value_texts(input);
  }
}

}  // namespace coseal::test
