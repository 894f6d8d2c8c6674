#include "crypto/hash.hpp"

#include "support/catch.hpp"
#include "support/json_vectors.hpp"

#include <algorithm>

using namespace coseal;
using namespace coseal::test;

namespace {

std::vector<std::byte> counting(std::size_t n) {
  std::vector<std::byte> out(n);
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<std::byte>(i);
  return out;
}

}  // namespace

TEST_CASE("sha256 of nothing is the known digest", "[crypto]") {
  REQUIRE(sha256().value() ==
          array_from<32>(bytes_from_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")));
}

TEST_CASE("sha256 does not depend on how the input is cut", "[crypto]") {
  const auto input = counting(200);
  const auto whole = sha256::of(input);
  for (std::size_t cut = 0; cut <= input.size(); ++cut)
    REQUIRE(sha256().update(std::span(input).first(cut)).update(std::span(input).subspan(cut)).value() ==
            whole);
}

TEST_CASE("the value of a transcript does not end it", "[crypto]") {
  const auto input = counting(100);
  sha256 transcript;
  transcript.update(std::span(input).first(70));
  const auto before = transcript.value();
  REQUIRE(transcript.value() == before);
  auto branch = transcript;
  branch.update(input);
  REQUIRE(transcript.value() == before);
  transcript.update(std::span(input).subspan(70));
  REQUIRE(transcript.value() == sha256::of(input));
  REQUIRE(branch.value() != transcript.value());
}

TEST_CASE("hmac makes and checks the Wycheproof vectors", "[crypto]") {
  int valid = 0;
  int invalid = 0;
  for_each_wycheproof("hmac_sha256", [&](json group, json test) {
    CAPTURE(number(test, "tcId"));
    const hmac_key key(bytes(test, "key"));
    const auto message = bytes(test, "msg");
    const auto tag = bytes(test, "tag");
    const bool good = text(test, "result") == "valid";
    ++(good ? valid : invalid);
    digest mac;
    key.sign({message}, mac);
    REQUIRE(std::ranges::equal(std::span(mac).first(tag.size()), tag) == good);
    // A truncated MAC is none: verify takes whole ones.
    REQUIRE(key.verify(message, tag) == (good && number(group, "tagSize") == 256));
  });
  REQUIRE(valid == 66);
  REQUIRE(invalid == 108);
}

TEST_CASE("one hmac key signs many messages, in any number of pieces", "[crypto]") {
  const auto input = counting(150);
  const hmac_key key{std::span(input).first(32)};
  digest whole;
  key.sign({input}, whole);
  for (std::size_t cut = 0; cut <= input.size(); cut += 7) {
    digest pieces;
    key.sign({std::span(input).first(cut), {}, std::span(input).subspan(cut)}, pieces);
    REQUIRE(pieces == whole);
  }
}
