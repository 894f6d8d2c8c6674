#include "bytes/record_header.hpp"

#include "support/catch.hpp"

using namespace coseal;

TEST_CASE("a record header is written as the protocol says", "[bytes]") {
  const record_header header{0x01020304, record_kind::traffic, 0xfe, 0};
  const std::array expected{std::byte{1},    std::byte{2},    std::byte{3}, std::byte{4},
                            std::byte{0x10}, std::byte{0xfe}, std::byte{0}, std::byte{0}};
  REQUIRE(header.bytes() == expected);
}

TEST_CASE("a record header is read back as it was written", "[bytes]") {
  for (const std::uint32_t length : {0u, 1u, 262144u, 0xffffffffu})
    for (const auto kind : {record_kind::hello, record_kind::abort, record_kind::traffic})
      for (const std::uint8_t epoch : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{255}}) {
        const record_header header{length, kind, epoch, 0};
        REQUIRE(record_header::parse(header.bytes()) == header);
      }
}

TEST_CASE("a reader of a header sees what it must refuse", "[bytes]") {
  auto bytes = record_header{5, record_kind::hello, 0, 0}.bytes();
  bytes[6] = std::byte{0x80};
  REQUIRE(record_header::parse(bytes).zero == 0x8000);
  bytes[6] = std::byte{0};
  bytes[7] = std::byte{1};
  REQUIRE(record_header::parse(bytes).zero == 1);
  bytes[4] = std::byte{0x7f};
  REQUIRE(static_cast<int>(record_header::parse(bytes).kind) == 0x7f);
}

TEST_CASE("each handshake record has the limit of the protocol, any other kind none", "[bytes]") {
  REQUIRE(handshake_limit(record_kind::hello) == 1024);
  REQUIRE(handshake_limit(record_kind::hello_reply) == 4096);
  REQUIRE(handshake_limit(record_kind::finish) == 4096);
  REQUIRE(handshake_limit(record_kind::refused) == 64);
  REQUIRE(handshake_limit(record_kind::abort) == 256);
  REQUIRE(handshake_limit(record_kind::resume) == 1024);
  REQUIRE(handshake_limit(record_kind::resume_ack) == 256);
  int legal = 0;
  for (int kind = 0; kind < 256; ++kind) legal += handshake_limit(static_cast<record_kind>(kind)) != 0;
  REQUIRE(legal == 7);
}
