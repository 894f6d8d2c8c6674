#include "crypto/token.hpp"
#include "support/catch.hpp"

#include <coseal/error.hpp>

#include <string>

using namespace coseal;

namespace {

constexpr passphrase_cost cheap{1, 8};
const std::vector<std::byte> plaintext(40, std::byte{0x33});

/// A box whose cost fields say something else; it need not open.
std::vector<std::byte> box_asking_for(std::uint32_t passes, std::uint32_t memory_kib) {
  auto box = seal_with_passphrase("pass", plaintext, cheap);
  for (std::size_t i = 0; i < 4; ++i) {
    box[1 + i] = static_cast<std::byte>(passes >> (24 - 8 * i));
    box[5 + i] = static_cast<std::byte>(memory_kib >> (24 - 8 * i));
  }
  return box;
}

}  // namespace

TEST_CASE("a box opens with its passphrase alone", "[crypto]") {
  const auto box = seal_with_passphrase("correct horse", plaintext, cheap);
  REQUIRE(open_with_passphrase("correct horse", box).value() == plaintext);
  REQUIRE(open_with_passphrase("correct horsf", box).error() == errc::wrong_passphrase);
  REQUIRE(open_with_passphrase("", box).error() == errc::wrong_passphrase);
}

TEST_CASE("an empty passphrase and empty data make a box like any other", "[crypto]") {
  const auto box = seal_with_passphrase({}, {}, cheap);
  REQUIRE(open_with_passphrase("", box).value().empty());
  REQUIRE(open_with_passphrase(std::string(1, '\0'), box).error() == errc::wrong_passphrase);
}

TEST_CASE("two boxes of the same content differ", "[crypto]") {
  REQUIRE(seal_with_passphrase("pass", plaintext, cheap) != seal_with_passphrase("pass", plaintext, cheap));
}

TEST_CASE("a box changed in any byte is refused", "[crypto]") {
  const auto box = seal_with_passphrase("pass", plaintext, cheap);
  for (std::size_t i = 0; i < box.size(); ++i) {
    CAPTURE(i);
    auto changed = box;
    changed[i] ^= std::byte{2};
    REQUIRE_FALSE(open_with_passphrase("pass", changed, {4, 64}));
  }
}

TEST_CASE("a box cut anywhere is refused", "[crypto]") {
  const auto box = seal_with_passphrase("pass", plaintext, cheap);
  for (std::size_t size = 0; size < box.size(); ++size) {
    CAPTURE(size);
    const std::vector<std::byte> cut(box.begin(), box.begin() + static_cast<std::ptrdiff_t>(size));
    REQUIRE(open_with_passphrase("pass", cut).error() ==
            (size < 49 + 16 ? errc::malformed_message : errc::wrong_passphrase));
  }
}

TEST_CASE("a box that asks for too much or too little work is malformed before any work", "[crypto]") {
  const auto refused = [](std::uint32_t passes, std::uint32_t memory_kib) {
    return open_with_passphrase("pass", box_asking_for(passes, memory_kib)).error() ==
           errc::malformed_message;
  };
  REQUIRE(refused(11, 8));
  REQUIRE(refused(0xffffffff, 8));
  REQUIRE(refused(1, 1024 * 1024 + 1));
  REQUIRE(refused(1, 0xffffffff));
  REQUIRE(refused(0, 8));
  REQUIRE(refused(1, 7));
  REQUIRE(refused(1, 0));
  REQUIRE_FALSE(refused(10, 8));
}

TEST_CASE("a caller may set its own limit on the work", "[crypto]") {
  const auto box = seal_with_passphrase("pass", plaintext, {2, 16});
  REQUIRE(open_with_passphrase("pass", box, {2, 16}).value() == plaintext);
  REQUIRE(open_with_passphrase("pass", box, {1, 16}).error() == errc::malformed_message);
  REQUIRE(open_with_passphrase("pass", box, {2, 15}).error() == errc::malformed_message);
}
