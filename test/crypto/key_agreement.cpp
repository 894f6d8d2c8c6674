#include "crypto/key_agreement.hpp"

#include "support/catch.hpp"
#include "support/json_vectors.hpp"

#include <coseal/error.hpp>

#include <algorithm>

using namespace coseal;
using namespace coseal::test;

TEST_CASE("both sides of an agreement get the same secret", "[crypto]") {
  auto a = ephemeral_key::generate();
  auto b = ephemeral_key::generate();
  const auto share_a = a.share();
  const auto share_b = b.share();
  REQUIRE(share_a != share_b);
  const auto at_a = std::move(a).agree(share_b);
  const auto at_b = std::move(b).agree(share_a);
  REQUIRE(std::ranges::equal(at_a->view(), at_b->view()));
}

TEST_CASE("our own share reflected is refused", "[crypto]") {
  auto key = ephemeral_key::generate();
  const auto share = key.share();
  REQUIRE(std::move(key).agree(share).error() == errc::bad_key_share);
}

TEST_CASE("x25519 gives the Wycheproof vectors and refuses every zero secret", "[crypto]") {
  int zero = 0;
  int computed = 0;
  for_each_wycheproof("x25519", [&](json, json test) {
    CAPTURE(number(test, "tcId"));
    auto agreed = ephemeral_key::of_scalar(array_from<32>(bytes(test, "private")))
                      .agree(array_from<32>(bytes(test, "public")));
    if (has_flag(test, "ZeroSharedSecret")) {
      ++zero;
      REQUIRE(agreed.error() == errc::bad_key_share);
    } else if (agreed) {
      ++computed;
      REQUIRE(std::ranges::equal(agreed->view(), bytes(test, "shared")));
    } else {
      REQUIRE(text(test, "result") == "acceptable");
    }
  });
  REQUIRE(zero == 31);
  REQUIRE(computed == 518 - 31);
}

TEST_CASE("x25519 gives the vectors of RFC 7748", "[crypto]") {
  with_vectors("rfc/rfc7748_x25519.json", [](json root) {
    for (const json test : items(root["tests"])) {
      CAPTURE(text(test, "name"));
      auto agreed = ephemeral_key::of_scalar(array_from<32>(bytes(test, "scalar")))
                        .agree(array_from<32>(bytes(test, "u")));
      REQUIRE(std::ranges::equal(agreed->view(), bytes(test, "result")));
    }
  });
}

TEST_CASE("x25519 gives the iterated vectors of RFC 7748", "[crypto]") {
  with_vectors("rfc/rfc7748_x25519.json", [](json root) {
    const json iterated = root["iterated"];
    const json after = iterated["after"];
    auto k = array_from<32>(bytes(iterated, "start"));
    auto u = k;
    for (int round = 1; round <= 1000; ++round) {
      auto agreed = ephemeral_key::of_scalar(k).agree(u);
      REQUIRE(agreed);
      u = k;
      std::ranges::copy(agreed->view(), k.begin());
      if (round == 1) REQUIRE(std::ranges::equal(k, bytes(after, "1")));
    }
    REQUIRE(std::ranges::equal(k, bytes(after, "1000")));
  });
}
