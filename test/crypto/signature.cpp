#include "crypto/signature.hpp"

#include "support/catch.hpp"
#include "support/json_vectors.hpp"

#include <algorithm>

using namespace coseal;
using namespace coseal::test;

namespace {

std::span<const std::byte> as_bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace

TEST_CASE("signing gives the vectors of RFC 8032", "[crypto]") {
  with_vectors("rfc/rfc8032_ed25519.json", [](json root) {
    for (const json test : items(root["tests"])) {
      CAPTURE(text(test, "name"));
      const auto seed = array_from<32>(bytes(test, "secret"));
      const signing_key key{secret32(seed)};
      const auto message = bytes(test, "message");
      REQUIRE(std::ranges::equal(key.public_part().bytes, bytes(test, "public")));
      REQUIRE(std::ranges::equal(key.sign(message), bytes(test, "signature")));
      REQUIRE(verify_signature(key.public_part(), message, bytes(test, "signature")));
    }
  });
}

TEST_CASE("verification decides all Wycheproof vectors as asked", "[crypto]") {
  int decided = 0;
  for_each_wycheproof("ed25519", [&](json group, json test) {
    CAPTURE(number(test, "tcId"));
    const public_key key{array_from<32>(bytes(group["publicKey"], "pk"))};
    const bool good = text(test, "result") == "valid";
    REQUIRE(verify_signature(key, bytes(test, "msg"), bytes(test, "sig")) == good);
    ++decided;
  });
  REQUIRE(decided == 151);
}

TEST_CASE("verification takes no small-order or non-canonical point of the CCTV vectors", "[crypto]") {
  int taken = 0;
  int all = 0;
  with_vectors("cctv/ed25519vectors.json", [&](json root) {
    for (const json test : items(root)) {
      CAPTURE(number(test, "number"));
      ++all;
      const public_key key{array_from<32>(bytes(test, "key"))};
      if (!verify_signature(key, as_bytes_of(text(test, "msg")), bytes(test, "sig"))) continue;
      ++taken;
      for (const auto flag : {"low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R"})
        REQUIRE_FALSE(has_flag(test, flag));
    }
  });
  REQUIRE(all == 914);
  REQUIRE(taken == 43);
}

TEST_CASE("a signature verifies for its message and key alone", "[crypto]") {
  const auto key = signing_key::generate();
  const auto other = signing_key::generate();
  REQUIRE(key.public_part() != other.public_part());
  const auto signature = key.sign(as_bytes_of("message"));
  REQUIRE(verify_signature(key.public_part(), as_bytes_of("message"), signature));
  REQUIRE_FALSE(verify_signature(other.public_part(), as_bytes_of("message"), signature));
  REQUIRE_FALSE(verify_signature(key.public_part(), as_bytes_of("messagf"), signature));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    auto changed = signature;
    changed[i] ^= std::byte{4};
    REQUIRE_FALSE(verify_signature(key.public_part(), as_bytes_of("message"), changed));
  }
}

TEST_CASE("a signature of another length is refused and not read past its end", "[crypto]") {
  const auto key = signing_key::generate();
  const auto signature = key.sign(as_bytes_of("message"));
  for (const std::size_t size : {0u, 1u, 32u, 63u}) {
    const std::vector<std::byte> cut(signature.begin(),
                                     signature.begin() + static_cast<std::ptrdiff_t>(size));
    REQUIRE_FALSE(verify_signature(key.public_part(), as_bytes_of("message"), cut));
  }
  std::vector<std::byte> longer(signature.begin(), signature.end());
  longer.push_back(std::byte{0});
  REQUIRE_FALSE(verify_signature(key.public_part(), as_bytes_of("message"), longer));
}

TEST_CASE("a key made again from its seed is the same key", "[crypto]") {
  const auto key = signing_key::generate();
  const signing_key again(key.seed());
  REQUIRE(again.public_part() == key.public_part());
  REQUIRE(key.clone().sign({}) == again.sign({}));
}
