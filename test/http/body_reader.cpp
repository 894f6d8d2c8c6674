#include "http/body_reader.hpp"

#include "http/error.hpp"
#include "http/text.hpp"
#include "support/catch.hpp"

#include <string>
#include <system_error>
#include <vector>

using namespace coseal::test;
using namespace coseal::http;
using namespace std::string_literals;

namespace {

/// What a reader makes of bytes that come in pieces of a size.
struct outcome {
  std::string content;
  std::size_t taken = 0;
  bool done = false;
  std::error_code error;

  bool operator==(const outcome&) const = default;
};

outcome read_in_pieces(std::string_view bytes, body_framing framing, std::size_t piece,
                       body_limits limits = {}) {
  body_reader reader(framing, limits);
  outcome out;
  while (out.taken < bytes.size() && !reader.done()) {
    const auto read = reader.read(bytes_of_text(bytes.substr(out.taken, piece)));
    if (!read) break;
    out.content.append(reinterpret_cast<const char*>(read->content.data()), read->content.size());
    out.taken += read->taken;
  }
  out.error = reader.error();
  out.done = reader.done();
  return out;
}

/// The same whole and in pieces of every size, or the test fails.
outcome read(std::string_view bytes, body_framing framing, body_limits limits = {}) {
  auto whole = read_in_pieces(bytes, framing, bytes.size() + 1, limits);
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    INFO("pieces of " << piece);
    auto split = read_in_pieces(bytes, framing, piece, limits);
    if (whole.error) {  // how much of it was handed out before depends on the pieces
      CHECK(split.error == whole.error);
      continue;
    }
    CHECK(split.content == whole.content);
    CHECK(split.taken == whole.taken);
    CHECK(split.done == whole.done);
  }
  return whole;
}

outcome read_chunks(std::string_view bytes, body_limits limits = {}) {
  return read(bytes, body_framing::chunked(), limits);
}

}  // namespace

TEST_CASE("a body of a length ends there", "[http]") {
  CHECK(read("hello, next", body_framing::of_length(5)) == outcome{"hello", 5, true, {}});
  CHECK(read("hel", body_framing::of_length(5)) == outcome{"hel", 3, false, {}});
  CHECK(body_reader(body_framing::of_length(0)).done());
  CHECK(body_reader(body_framing::none()).done());
}

TEST_CASE("chunks are joined, and extensions and trailers passed over", "[http]") {
  CHECK(read_chunks("5\r\nhello\r\n0\r\n\r\nnext") == outcome{"hello", 15, true, {}});
  CHECK(read_chunks("1\r\na\r\n0A\r\n0123456789\r\n00\r\n\r\n").content == "a0123456789");
  CHECK(read_chunks("a\r\n0123456789\r\n0\r\n\r\n").done);
  CHECK(read_chunks("1;x\r\na\r\n1;name=\"va lue\"\r\nb\r\n0;y=z\r\nA: b\r\nC:\r\n\r\n") ==
        outcome{"ab", 47, true, {}});
  CHECK_FALSE(read_chunks("5\r\nhello\r\n0\r\n").done);
  CHECK_FALSE(read_chunks("5\r\nhello\r\n0\r\nA: b\r\n").done);
}

TEST_CASE("chunks of another form are refused", "[http]") {
  const std::vector<std::pair<std::string, errc>> rows{
      {"\r\na\r\n", errc::bad_chunk},
      {" 1\r\na\r\n", errc::bad_chunk},
      {"1 \r\na\r\n", errc::bad_chunk},
      {"1\t;x\r\na\r\n", errc::bad_chunk},
      {"+1\r\na\r\n", errc::bad_chunk},
      {"-1\r\na\r\n", errc::bad_chunk},
      {"0x1\r\na\r\n", errc::bad_chunk},
      {"1_0\r\na\r\n", errc::bad_chunk},
      {"g\r\na\r\n", errc::bad_chunk},
      {";x\r\na\r\n", errc::bad_chunk},
      {"1\na\r\n", errc::bad_chunk},
      {"1\r\r\na\r\n", errc::bad_chunk},
      {"1\ra\r\n", errc::bad_chunk},
      {"1\r\nab\r\n", errc::bad_chunk},
      {"1\r\na\n", errc::bad_chunk},
      {"1\r\na\r1", errc::bad_chunk},
      {"1;x\na\r\n", errc::bad_chunk},
      {"1;\0\r\na\r\n"s, errc::bad_chunk},
      {"00000000000000001\r\na\r\n", errc::bad_chunk},
      {"fffffffffffffffff\r\na\r\n", errc::bad_chunk},
      {"ffffffffffffffff\r\na\r\n", errc::body_too_large},
      {"1\r\na\r\nffffffffffffffff\r\n", errc::body_too_large},
      {"0\r\nA: b\n\r\n", errc::bad_line_ending},
      {"0\r\nA: b\r\r\n\r\n", errc::bad_line_ending},
      {"0\r\n\n", errc::bad_line_ending},
      {"0\r\n A: b\r\n\r\n", errc::folded_field},
      {"0\r\nA : b\r\n\r\n", errc::bad_field},
      {"0\r\nA\r\n\r\n", errc::bad_field},
      {"0\r\nA: \0\r\n\r\n"s, errc::bad_character},
  };
  for (const auto& [bytes, why] : rows) {
    INFO(bytes);
    CHECK(read_chunks(bytes).error == why);
  }
}

TEST_CASE("a response without a length goes on until the end", "[http]") {
  body_reader reader(body_framing::until_close());
  CHECK(reader.read(bytes_of_text("abc")).value().content.size() == 3);
  CHECK_FALSE(reader.done());
  CHECK(reader.end());
  CHECK(reader.done());
}

TEST_CASE("a body that the stream cuts is truncated", "[http]") {
  for (const auto framing : {body_framing::of_length(5), body_framing::chunked()}) {
    body_reader reader(framing);
    CHECK(reader.end().error() == errc::truncated);
    CHECK_FALSE(reader.done());
    CHECK(reader.read(bytes_of_text("a")).error() == errc::truncated);
  }
}

TEST_CASE("bodies have limits", "[http]") {
  body_limits limits;
  limits.bytes = 4;
  limits.extensions = 3;
  limits.trailers = 8;
  CHECK(body_reader(body_framing::of_length(5), limits).error() == errc::body_too_large);
  CHECK_FALSE(body_reader(body_framing::of_length(4), limits).error());
  CHECK_FALSE(read("abcd", body_framing::until_close(), limits).error);
  CHECK(read("abcde", body_framing::until_close(), limits).error == errc::body_too_large);
  CHECK(read_chunks("2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n", limits).content == "abcd");
  CHECK(read_chunks("2\r\nab\r\n3\r\n", limits).error == errc::body_too_large);
  CHECK(read_chunks("1;ab\r\na\r\n0;c\r\n\r\n", limits).done);
  CHECK(read_chunks("1;ab\r\na\r\n0;cd\r\n\r\n", limits).error == errc::bad_chunk);
  CHECK(read_chunks("0\r\nA: bc\r\n\r\n", limits).done);
  CHECK(read_chunks("0\r\nA: bcdef\r\n\r\n", limits).error == errc::head_too_large);
}
