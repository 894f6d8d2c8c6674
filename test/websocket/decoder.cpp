// The decoder against the case groups of the Autobahn suite (1 to 7, 9, 10), both roles, whole and cut
// anywhere.

#include "support/catch.hpp"
#include "websocket/frame_decoder.hpp"
#include "websocket/frames.hpp"

#include <optional>

using namespace coseal;
using namespace coseal::test;
using namespace coseal::websocket;

namespace {

/// What came out, as a person would write it: "text:hello ping:x close:1000:bye".
struct listener final : frame_sink {
  explicit listener(frame_decoder& of) : decoder(&of) {}

  frame_decoder* decoder;
  std::string said, message;

  void say(std::string_view what, std::string_view text) {
    if (!said.empty()) said += ' ';
    said.append(what).append(":").append(text);
  }
  void on_data(std::span<const std::byte> payload, bool ends) override {
    message += text_of(payload);
    if (!ends) return;
    say(decoder->message_type() == opcode::text ? "text" : "binary", message);
    message.clear();
  }
  void on_ping(std::span<const std::byte> payload) override { say("ping", text_of(payload)); }
  void on_pong(std::span<const std::byte> payload) override { say("pong", text_of(payload)); }
  void on_close(close_code code, std::string_view reason) override {
    say("close", std::to_string(static_cast<unsigned>(code)) + ":" + std::string(reason));
  }
};

struct outcome {
  std::string said;
  std::optional<close_code> failed;

  bool operator==(const outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const outcome& of) {
  out << '"' << of.said << '"';
  if (of.failed) out << " fails with " << static_cast<unsigned>(*of.failed);
  return out;
}

/// Feeds `wire` in pieces of `cut` bytes.
outcome decode(role self, const bytes& wire, std::size_t cut, decoder_limits limits) {
  frame_decoder decoder(self, limits);
  listener sink(decoder);
  outcome out;
  std::string payload;
  for (std::size_t at = 0; at < wire.size(); at += cut) {
    const std::size_t n = std::min(cut, wire.size() - at);
    bytes piece(wire.begin() + static_cast<std::ptrdiff_t>(at),
                wire.begin() + static_cast<std::ptrdiff_t>(at + n));
    const auto decoded = decoder.decode(piece, sink);
    if (!decoded) {
      out.failed = static_cast<close_code>(decoded.error().value());
      break;
    }
    REQUIRE(*decoded <= n);
  }
  out.said = sink.said;
  return out;
}

struct frame {
  unsigned first;
  std::string payload;
};

struct row {
  std::string name;
  std::vector<frame> frames;
  outcome right;
};

constexpr auto bad = close_code::protocol_error;

std::string big(std::size_t n, char c = '*') {
  return std::string(n, c);
}

std::vector<row> cases() {
  return {
      {"1.1.1 empty text", {{0x81, ""}}, {"text:", {}}},
      {"1.1.2 text of 125", {{0x81, big(125)}}, {"text:" + big(125), {}}},
      {"1.1.3 text of 126", {{0x81, big(126)}}, {"text:" + big(126), {}}},
      {"1.1.6 text of 65535", {{0x81, big(65'535)}}, {"text:" + big(65'535), {}}},
      {"1.1.7 text of 65536", {{0x81, big(65'536)}}, {"text:" + big(65'536), {}}},
      {"1.2.1 empty binary", {{0x82, ""}}, {"binary:", {}}},
      {"1.2.7 binary of 65536", {{0x82, big(65'536, '\xfe')}}, {"binary:" + big(65'536, '\xfe'), {}}},
      {"2.1 empty ping", {{0x89, ""}}, {"ping:", {}}},
      {"2.4 ping of 125", {{0x89, big(125, '\xfe')}}, {"ping:" + big(125, '\xfe'), {}}},
      {"2.5 ping of 126", {{0x89, big(126)}}, {"", bad}},
      {"2.7 unasked pong", {{0x8a, "x"}, {0x89, "y"}}, {"pong:x ping:y", {}}},
      {"2.10 ten pings", {{0x89, "1"}, {0x89, "2"}, {0x89, "3"}}, {"ping:1 ping:2 ping:3", {}}},
      {"3.1 RSV3", {{0x91, "x"}}, {"", bad}},
      {"3.2 RSV2 after a message", {{0x81, "x"}, {0xa1, "y"}}, {"text:x", bad}},
      {"3.4 RSV1, as compressed messages have it", {{0xc1, "x"}}, {"", bad}},
      {"3.5 RSV1 and 3 on binary", {{0xd2, "x"}}, {"", bad}},
      {"3.6 RSV on ping", {{0xe9, "x"}}, {"", bad}},
      {"3.7 all RSV on close", {{0xf8, "\x03\xe8"}}, {"", bad}},
      {"4.1.1 opcode 3", {{0x83, ""}}, {"", bad}},
      {"4.1.5 opcode 7 after a message", {{0x81, "x"}, {0x87, "y"}}, {"text:x", bad}},
      {"4.2.1 opcode 11", {{0x8b, ""}}, {"", bad}},
      {"4.2.5 opcode 15", {{0x8f, "x"}}, {"", bad}},
      {"5.1 fragmented ping", {{0x09, "a"}, {0x80, "b"}}, {"", bad}},
      {"5.2 fragmented pong", {{0x0a, "a"}, {0x80, "b"}}, {"", bad}},
      {"5.3 text in two", {{0x01, "frag"}, {0x80, "ment"}}, {"text:fragment", {}}},
      {"5.6 ping between", {{0x01, "frag"}, {0x89, "p"}, {0x80, "ment"}}, {"ping:p text:fragment", {}}},
      {"5.9 continuation of nothing", {{0x80, "x"}, {0x81, "y"}}, {"", bad}},
      {"5.12 unfinished continuation of nothing", {{0x00, "x"}}, {"", bad}},
      {"5.15 two messages, then a continuation", {{0x01, "a"}, {0x80, "b"}, {0x00, "c"}}, {"text:ab", bad}},
      {"5.18 a second message inside of one", {{0x01, "a"}, {0x01, "b"}}, {"", bad}},
      {"5.19 five fragments and pings",
       {{0x01, "1"}, {0x00, "2"}, {0x89, "p"}, {0x00, "3"}, {0x00, ""}, {0x89, "q"}, {0x80, "5"}},
       {"ping:p ping:q text:1235", {}}},
      {"6.1.1 empty text in three", {{0x01, ""}, {0x00, ""}, {0x80, ""}}, {"text:", {}}},
      {"6.2.1 text", {{0x81, "Hello-\xc2\xb5@\xc3\x9f"}}, {"text:Hello-\xc2\xb5@\xc3\x9f", {}}},
      {"6.2.3 a character in two fragments", {{0x01, "\xce"}, {0x80, "\xba"}}, {"text:\xce\xba", {}}},
      {"6.3.1 bad text", {{0x81, "\xce\xba\xed\xa0\x80"}}, {"", close_code::invalid_payload}},
      {"6.4.1 bad text fails in its fragment",
       {{0x01, "\xf4\x90"}, {0x00, "x"}},
       {"", close_code::invalid_payload}},
      {"6.6.1 text that ends in a character", {{0x81, "\xce"}}, {"", close_code::invalid_payload}},
      {"6.x binary is no text", {{0x82, "\xff"}}, {"binary:\xff", {}}},
      {"7.1.1 close", {{0x81, "x"}, {0x88, "\x03\xe8"}}, {"text:x close:1000:", {}}},
      {"7.1.3 what follows a close is not looked at", {{0x88, "\x03\xe8"}, {0x89, "x"}}, {"close:1000:", {}}},
      {"7.1.5 close inside of a message", {{0x01, "x"}, {0x88, "\x03\xe8"}}, {"close:1000:", {}}},
      {"7.3.1 empty close", {{0x88, ""}}, {"close:1005:", {}}},
      {"7.3.2 close of one byte", {{0x88, "\x03"}}, {"", bad}},
      {"7.3.4 close with reason",
       {{0x88,
         "\x03\xe8"
         "bye"}},
       {"close:1000:bye", {}}},
      {"7.3.5 close of 125", {{0x88, "\x03\xe8" + big(123)}}, {"close:1000:" + big(123), {}}},
      {"7.3.6 close of 126", {{0x88, "\x03\xe8" + big(124)}}, {"", bad}},
      {"7.5.1 bad reason", {{0x88, "\x03\xe8\xce\xba\xed\xa0\x80"}}, {"", close_code::invalid_payload}},
      {"7.7 close 1014", {{0x88, "\x03\xf6"}}, {"close:1014:", {}}},
      {"7.7 close 4999", {{0x88, "\x13\x87"}}, {"close:4999:", {}}},
      {"7.9 close 0", {{0x88, std::string("\0\0", 2)}}, {"", bad}},
      {"7.9 close 999", {{0x88, "\x03\xe7"}}, {"", bad}},
      {"7.9 close 1004", {{0x88, "\x03\xec"}}, {"", bad}},
      {"7.9 close 1005", {{0x88, "\x03\xed"}}, {"", bad}},
      {"7.9 close 1006", {{0x88, "\x03\xee"}}, {"", bad}},
      {"7.9 close 1016", {{0x88, "\x03\xf8"}}, {"", bad}},
      {"7.9 close 2999", {{0x88, "\x0b\xb7"}}, {"", bad}},
      {"7.13 close 5000", {{0x88, "\x13\x88"}}, {"", bad}},
      {"7.13 close 65535", {{0x88, "\xff\xff"}}, {"", bad}},
      {"9.1 a megabyte", {{0x81, big(1'000'000)}}, {"text:" + big(1'000'000), {}}},
      {"9.3 a megabyte in many fragments",
       {{0x01, big(250'000)}, {0x00, big(250'000)}, {0x00, big(250'000)}, {0x80, big(250'000)}},
       {"text:" + big(1'000'000), {}}},
      {"10.1.1 auto-fragmentation", {{0x01, big(1300)}, {0x80, big(700)}}, {"text:" + big(2000), {}}},
  };
}

decoder_limits with_text() {
  decoder_limits limits;
  limits.text = true;
  return limits;
}

}  // namespace

TEST_CASE("every case of the conformance suite comes out right in both roles and wherever it is cut",
          "[websocket]") {
  for (const role self : {role::server, role::client})
    for (const row& each : cases()) {
      CAPTURE(each.name, self == role::server);
      std::vector<bytes> parts;
      for (const auto& f : each.frames) parts.push_back(frame_to(self, f.first, f.payload));
      const bytes wire = joined(parts);
      for (const std::size_t cut : {wire.size(), std::size_t{1}, std::size_t{2}, std::size_t{3},
                                    std::size_t{7}, std::size_t{1000}, std::size_t{65'537}}) {
        if (cut < 100 && wire.size() > 100'000) continue;
        const auto got = decode(self, wire, cut, with_text());
        if (!(got == each.right)) {
          CAPTURE(cut);
          CHECK(got == each.right);
        }
      }
    }
}

TEST_CASE("clients mask and servers do not", "[websocket]") {
  CHECK(decode(role::server, frame_to(role::client, 0x82, "x"), 100, {}).failed == bad);
  CHECK(decode(role::client, frame_to(role::server, 0x82, "x"), 100, {}).failed == bad);
  CHECK(decode(role::server, frame_to(role::client, 0x89, ""), 100, {}).failed == bad);
}

TEST_CASE("text is refused where only records are spoken", "[websocket]") {
  CHECK(decode(role::server, frame_to(role::server, 0x81, "x"), 100, {}).failed ==
        close_code::unsupported_data);
}

TEST_CASE("a message above the limit is refused by its header, in one frame or in many", "[websocket]") {
  decoder_limits limits;
  limits.message = 1000;
  const auto wire = frame_to(role::server, 0x82, big(1001));
  CHECK(decode(role::server, wire, 1, limits).failed == close_code::message_too_big);
  const bytes header(wire.begin(), wire.begin() + 8);
  CHECK(decode(role::server, header, 1, limits).failed == close_code::message_too_big);
  CHECK_FALSE(decode(role::server, frame_to(role::server, 0x82, big(1000)), 1, limits).failed);
  const bytes cut = joined({frame_to(role::server, 0x02, big(500)), frame_to(role::server, 0x00, big(500)),
                            frame_to(role::server, 0x80, "x")});
  CHECK(decode(role::server, cut, 64, limits).failed == close_code::message_too_big);
  const bytes huge =
      bytes{std::byte{0x82}, std::byte{0xff}, std::byte{0x7f}, std::byte{0xff}, std::byte{0xff},
            std::byte{0xff}, std::byte{0xff}, std::byte{0xff}, std::byte{0xff}, std::byte{0xff},
            std::byte{0},    std::byte{0},    std::byte{0},    std::byte{0}};
  CHECK(decode(role::server,
               joined({frame_to(role::server, 0x02, "x"),
                       [&] {
                         bytes next = huge;
                         next[0] = std::byte{0x80};
                         return next;
                       }()}),
               100, limits)
            .failed == close_code::message_too_big);
}

TEST_CASE("payload moves to the front of what was read, in order", "[websocket]") {
  for (const role self : {role::server, role::client}) {
    frame_decoder decoder(self, {});
    listener sink(decoder);
    bytes raw =
        joined({frame_to(self, 0x02, "one "), frame_to(self, 0x89, "ping"), frame_to(self, 0x80, "message "),
                frame_to(self, 0x82, big(300)), frame_to(self, 0x82, "")});
    const std::size_t n = decoder.decode(raw, sink).value();
    CHECK(text_of(std::span(raw).first(n)) == "one message " + big(300));
  }
}
