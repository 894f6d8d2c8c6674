#include "websocket/frame_header.hpp"

#include "support/catch.hpp"
#include "websocket/close_code.hpp"

#include <vector>

using namespace coseal::websocket;

namespace {

using bytes = std::vector<std::byte>;

bytes of(std::initializer_list<unsigned> values) {
  bytes out;
  for (const unsigned value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

std::error_code error_of(const bytes& header) {
  return frame_header::parse(header).error();
}

}  // namespace

TEST_CASE("a header that is written is parsed as what it was", "[websocket]") {
  const masking_key key{std::byte{9}, std::byte{8}, std::byte{7}, std::byte{6}};
  for (const std::uint64_t length :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{125}, std::uint64_t{126}, std::uint64_t{65'535},
        std::uint64_t{65'536}, std::uint64_t{1} << 40, (std::uint64_t{1} << 63) - 1})
    for (const bool fin : {true, false})
      for (const bool masked : {true, false}) {
        CAPTURE(length, fin, masked);
        frame_header header;
        header.fin = fin;
        header.code = opcode::binary;
        header.length = length;
        if (masked) header.mask = key;
        std::array<std::byte, frame_header::largest> out{};
        const std::size_t n = header.write(out);
        CHECK(n == 2 + (length > 65'535 ? 8U : length > 125 ? 2U : 0U) + (masked ? 4U : 0U));
        CHECK(frame_header::size_of(std::span(out).first(2)) == n);
        const auto parsed = frame_header::parse(std::span(out).first(n)).value();
        CHECK(parsed.fin == fin);
        CHECK(parsed.code == opcode::binary);
        CHECK(parsed.length == length);
        CHECK(parsed.mask == header.mask);
      }
}

TEST_CASE("reserved bits and opcodes are a protocol error", "[websocket]") {
  for (unsigned first = 0; first < 256; ++first) {
    const unsigned code = first & 0x0f;
    const bool defined = code <= 2 || (code >= 8 && code <= 10);
    const bool cut_control = code >= 8 && (first & 0x80) == 0;
    const bool right = (first & 0x70) == 0 && defined && !cut_control;
    CAPTURE(first);
    CHECK((error_of(of({first, 0})) == std::error_code()) == right);
    if (!right) CHECK(error_of(of({first, 0})) == close_code::protocol_error);
  }
}

TEST_CASE("lengths take the shortest form and at most 63 bits", "[websocket]") {
  CHECK(error_of(of({0x82, 126, 0, 125})) == close_code::protocol_error);
  CHECK(frame_header::parse(of({0x82, 126, 0, 126})).value().length == 126);
  CHECK(error_of(of({0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) == close_code::protocol_error);
  CHECK(frame_header::parse(of({0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0})).value().length == 65'536);
  CHECK(error_of(of({0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0})) == close_code::protocol_error);
}

TEST_CASE("control frames are short", "[websocket]") {
  for (const unsigned code : {0x88U, 0x89U, 0x8aU}) {
    CHECK(frame_header::parse(of({code, 125})).value().length == 125);
    CHECK(error_of(of({code, 126, 0, 126})) == close_code::protocol_error);
    CHECK(error_of(of({code, 127, 0, 0, 0, 0, 0, 1, 0, 0})) == close_code::protocol_error);
  }
}
