#include "fuzz/observe_texts.hpp"
#include "observe/log_text.hpp"
#include "support/catch.hpp"

#include <coseal/log.hpp>

#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace coseal::test {
namespace {

const auto a_moment = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'767'225'599'007));

log_entry entry_of(std::string_view message, const log_fields& fields) {
  log_entry entry;
  entry.time = a_moment;
  entry.level = log_level::warning;
  entry.component = "session";
  entry.message = message;
  entry.fields = fields.all();
  return entry;
}

std::string shown(std::string_view text) {
  std::string out;
  append_shown(out, text);
  return out;
}
std::string in_json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

}  // namespace

TEST_CASE("an entry is a line for people and one of JSON", "[observe][log]") {
  log_fields fields;
  fields.add("peer", "backend/main").add("reason", "two words").add("count", 3U).add("share", 0.5);
  fields.add("first", true).add("empty", "");
  CHECK(human_line(entry_of("a connection was refused", fields)) ==
        "2025-12-31T23:59:59.007Z warning session: a connection was refused peer=backend/main "
        "reason=\"two words\" count=3 share=0.5 first=true empty=\"\"\n");
  CHECK(json_line_of(entry_of("a connection was refused", fields)) ==
        "{\"time\":\"2025-12-31T23:59:59.007Z\",\"level\":\"warning\",\"component\":\"session\","
        "\"message\":\"a connection was refused\",\"peer\":\"backend/main\",\"reason\":\"two "
        "words\",\"count\":3,"
        "\"share\":0.5,\"first\":true,\"empty\":\"\"}\n");
  log_fields reserved;
  reserved.add("level", "none").add("time", 1);
  CHECK(json_line_of(entry_of("x", reserved)).ends_with(",\"field_level\":\"none\",\"field_time\":1}\n"));
  log_fields odd;
  odd.add("nan", std::numeric_limits<double>::quiet_NaN());
  CHECK(json_line_of(entry_of("x", odd)).ends_with(",\"nan\":null}\n"));
}

TEST_CASE("text of others can not steer a terminal or forge a line", "[observe][log]") {
  CHECK(shown("plain") == "plain");
  CHECK(shown("gr\xc3\xbc\xc3\x9f") == "gr\xc3\xbc\xc3\x9f");
  CHECK(shown("a\nb") == "\"a\\nb\"");
  CHECK(shown("\x1b[31mred") == "\"\\u001b[31mred\"");
  CHECK(shown("\xc2\x9b"
              "2J") == "\"\\u009b2J\"");  // CSI of C1
  CHECK(shown("\xe2\x80\xae"
              "evil") == "\"\\u202eevil\"");  // from right to left
  CHECK(shown("a\xff"
              "b\xc3") == "\"a\\xffb\\xc3\"");
  CHECK(shown("say \"x\"\\") == "\"say \\\"x\\\"\\\\\"");
  CHECK(shown("a=b") == "\"a=b\"");
  CHECK(shown("\xe2\x81\xa0") == "\"\\u2060\"");          // not seen
  CHECK(shown("\xf3\xa0\x81\x81") == "\"\\U000e0041\"");  // a tag
  CHECK(in_json("\xf3\xa0\x81\x81") == "\"\\udb40\\udc41\"");
  CHECK(in_json("a\nb\"\\\x1b\x7f") == "\"a\\u000ab\\\"\\\\\\u001b\\u007f\"");
  CHECK(in_json("a\xff\xf0\x9f\x98\x80") == "\"a\\ufffd\xf0\x9f\x98\x80\"");
}

TEST_CASE("any bytes are shown as one line of UTF-8", "[observe][log]") {
  std::minstd_rand random(7);
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::byte> bytes(random() % 64);
    for (auto& b : bytes) b = static_cast<std::byte>(random() >> 8);
    fuzz_observe_texts(bytes);
  }
}

TEST_CASE("nothing is made for a level that is off, and nothing is said without a sink", "[observe][log]") {
  int made = 0;
  const auto fields = [&](log_fields&) { ++made; };
  log().write(log_level::error, "x", "said", fields);
  std::vector<std::string> lines;
  const log some(human_log([&](std::string_view line) { lines.emplace_back(line); }), log_level::warning);
  some.write(log_level::debug, "x", "said", fields);
  some.write(log_level::info, "x", "said", fields);
  CHECK(made == 0);
  CHECK(lines.empty());
  CHECK_FALSE(some.is_on(log_level::info));
  some.write(log_level::warning, "x", "said", fields);
  some.write(log_level::error, "x", "said");
  CHECK(made == 1);
  CHECK(lines.size() == 2);
}

TEST_CASE("a sink or a field that throws ends nothing", "[observe][log]") {
  const log broken(json_log([](std::string_view) { throw std::runtime_error("disk full"); }));
  broken.write(log_level::error, "x", "said");
  broken.write(log_level::error, "x", "said", [](log_fields&) { throw std::bad_alloc(); });
}

TEST_CASE("lines of many threads stay whole", "[observe][log][threads]") {
  std::vector<std::string> lines;
  const log to(json_log([&](std::string_view line) { lines.emplace_back(line); }));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i)
        to.write(log_level::info, "x", "said", [&](log_fields& f) { f.add("i", i); });
    });
  for (auto& each : threads) each.join();
  CHECK(lines.size() == 800);
  for (const auto& line : lines) CHECK(line.ends_with("}\n"));
}

}  // namespace coseal::test
