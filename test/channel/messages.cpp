#include "channel/call_message.hpp"
#include "channel/continuation.hpp"
#include "fuzz/call_messages.hpp"
#include "support/catch.hpp"

#include <coseal/error.hpp>

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

namespace coseal::test {
namespace {

std::vector<std::byte> octets(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

std::vector<std::byte> joined(const message_head& head, std::string_view body) {
  std::vector<std::byte> out(head.bytes().begin(), head.bytes().end());
  for (const char c : body) out.push_back(static_cast<std::byte>(c));
  return out;
}

std::vector<std::byte> bytes_of_nine() {
  return std::vector<std::byte>(16, std::byte{9});
}

std::string text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

TEST_CASE("messages are what the protocol says, to the byte", "[channel][messages]") {
  CHECK(joined(message_head::call(1025, 3, 30'000, true), "x") ==
        octets({1, 0x84, 0x01, 3, 0xc0, 0x75, 0x30, 1, 'x'}));
  CHECK(joined(message_head::reply(7), "yes") == octets({2, 7, 'y', 'e', 's'}));
  CHECK(joined(message_head::declared_error(7, 2), "z") == octets({3, 7, 0, 2, 'z'}));
  CHECK(joined(message_head::error(7, error_kind::busy), "") == octets({3, 7, 6}));
  CHECK(joined(message_head::cancel(64), "") == octets({4, 0x40}));
  CHECK(joined(message_head::push(5), "n") == octets({5, 5, 'n'}));
  CHECK(joined(message_head::item(0), "i") == octets({6, 0, 'i'}));
  CHECK(joined(message_head::end(0), "") == octets({7, 0}));
  CHECK(joined(message_head::credit(0, 131'072), "") == octets({8, 0, 0xc2, 0, 0}));
  CHECK(joined(message_head::push_credit(1), "") == octets({9, 1}));
  CHECK(joined(message_head::pushes_taken(300), "") == octets({10, 0x81, 0x2c}));

  const auto call = joined(message_head::call(1025, 3, 30'000, true), "body");
  const auto parsed = parse_call_message(call, message_sender::connector);
  REQUIRE(parsed);
  CHECK(parsed->id == 1025);
  CHECK(parsed->position == 3);
  CHECK(parsed->deadline == 30'000);
  CHECK(parsed->takes_items);
  CHECK(text(parsed->body) == "body");
}

TEST_CASE("what is said about going on is what the protocol says, to the byte", "[channel][messages]") {
  continue_request request;
  CHECK(request.encode() == octets({0, 0, 0}));
  request.window.emplace().fill(std::byte{7});
  request.pushes = 300;
  request.used = 16;
  auto fields = octets({1});
  fields.resize(17, std::byte{7});
  for (const int b : {0x81, 0x2c, 0x10}) fields.push_back(static_cast<std::byte>(b));
  CHECK(request.encode() == fields);
  CHECK(*continue_request::parse(fields) == request);
  for (std::size_t n = 0; n < fields.size(); ++n)
    CHECK_FALSE(continue_request::parse(std::span(fields).first(n)));
  fields.push_back(std::byte{0});
  CHECK_FALSE(continue_request::parse(fields));
  CHECK_FALSE(continue_request::parse(octets({2, 0, 0})));
  CHECK_FALSE(continue_request::parse(octets({0, 0, 0xfe, 1, 0, 0, 0, 0, 0, 0})));  // more than fits a window

  continue_answer answer;
  answer.window.fill(std::byte{9});
  answer.missed = 5;
  auto reply = bytes_of_nine();
  reply.push_back(std::byte{5});
  CHECK(answer.encode() == reply);
  CHECK(*continue_answer::parse(reply) == answer);
  for (std::size_t n = 0; n < reply.size(); ++n)
    CHECK_FALSE(continue_answer::parse(std::span(reply).first(n)));
}

TEST_CASE("a call carries a trace behind its flags", "[channel][messages][trace]") {
  trace_context trace;
  for (std::size_t i = 0; i < 16; ++i) trace.trace_id[i] = static_cast<std::byte>(0xa0 + i);
  for (std::size_t i = 0; i < 8; ++i) trace.span_id[i] = static_cast<std::byte>(0x10 + i);
  trace.flags = 1;
  const auto call = joined(message_head::call(7, 3, 1, true, trace), "x");
  CHECK(call == octets({1,    7,    3,    1,    3,    0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5,
                        0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf, 0x10,
                        0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 1,    'x'}));
  const auto parsed = parse_call_message(call, message_sender::connector);
  REQUIRE(parsed);
  CHECK(parsed->trace == trace);
  CHECK(parsed->takes_items);
  CHECK(text(parsed->body) == "x");
  for (std::size_t n = 0; n + 1 < call.size(); ++n)
    CHECK_FALSE(parse_call_message(std::span(call).first(n), message_sender::connector));
  auto strange = call;
  strange[29] = std::byte{0xff};  // flags that nobody knows are not passed on
  const auto known = parse_call_message(strange, message_sender::connector);
  REQUIRE(known);
  CHECK(known->trace->flags == 3);
  for (const std::size_t id : {5U, 21U}) {  // all zeros: no id
    auto none = call;
    std::fill_n(none.begin() + static_cast<std::ptrdiff_t>(id), id == 5 ? 16 : 8, std::byte{0});
    CHECK_FALSE(parse_call_message(none, message_sender::connector));
  }
}

TEST_CASE("a message of the other side, or of no kind, is refused", "[channel][messages]") {
  for (int kind = 0; kind < 256; ++kind) {
    const bool connector = kind == 1 || kind == 4 || (kind >= 6 && kind <= 10);
    const bool acceptor = kind == 2 || kind == 3 || (kind >= 5 && kind <= 8);
    auto frame = octets({kind, 1, 1, 1, 0});
    if (kind == 4 || kind == 7) frame.resize(2);
    if (kind == 8) frame.resize(3);
    if (kind >= 9) frame.resize(2);
    CHECK(parse_call_message(frame, message_sender::connector).has_value() == connector);
    CHECK(parse_call_message(frame, message_sender::acceptor).has_value() == acceptor);
  }
}

TEST_CASE("every truncation of a message is refused or another whole message", "[channel][messages]") {
  CHECK_FALSE(parse_call_message({}, message_sender::connector));
  const auto call = joined(message_head::call(70'000, 300, 30'000, false), "");
  for (std::size_t n = 0; n < call.size(); ++n)
    CHECK_FALSE(parse_call_message(std::span(call).first(n), message_sender::connector));
  CHECK_FALSE(parse_call_message(joined(message_head::cancel(1), "x"), message_sender::connector));
  CHECK_FALSE(parse_call_message(octets({8, 0, 0}), message_sender::connector));
  CHECK_FALSE(parse_call_message(octets({4, 0x80, 1}), message_sender::connector));  // 1 in two bytes
  CHECK_FALSE(parse_call_message(octets({4, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0}), message_sender::connector));
  CHECK_FALSE(parse_call_message(octets({1, 0, 0, 0, 4}), message_sender::connector));
  CHECK_FALSE(parse_call_message(octets({3, 0, 12}), message_sender::acceptor));
  CHECK_FALSE(parse_call_message(joined(message_head::error(0, error_kind::failed), std::string(1025, 'x')),
                                 message_sender::acceptor));
}

TEST_CASE("the text of an error is cut between characters", "[channel][messages]") {
  CHECK(error_text("short") == "short");
  const std::string ascii(2000, 'a');
  CHECK(error_text(ascii).size() == 1024);
  std::string wide = "a";
  while (wide.size() < 2000) wide += "\xc3\xa4";
  CHECK(error_text(wide).size() == 1023);
}

TEST_CASE("random bytes never parse into what would be written otherwise", "[channel][messages]") {
  std::mt19937 random(7);
  std::vector<std::byte> input;
  for (int i = 0; i < 100'000; ++i) {
    input.resize(random() % 40);
    for (auto& b : input) b = static_cast<std::byte>(random() % 4 == 0 ? random() : random() % 12);
    fuzz_call_messages(input);
  }
}

}  // namespace coseal::test
