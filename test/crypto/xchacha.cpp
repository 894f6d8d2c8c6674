#include "crypto/xchacha.hpp"

#include "support/catch.hpp"
#include "support/json_vectors.hpp"

#include <algorithm>

using namespace coseal;
using namespace coseal::test;

TEST_CASE("xchacha seals and opens the Wycheproof vectors as asked", "[crypto]") {
  int valid = 0;
  int invalid = 0;
  for_each_wycheproof("xchacha20_poly1305", [&](json group, json test) {
    if (number(group, "ivSize") != 192) return;  // the type of a nonce leaves no other length
    CAPTURE(number(test, "tcId"));
    const auto key_bytes = array_from<32>(bytes(test, "key"));
    const secret32 key(key_bytes);
    const auto nonce = array_from<24>(bytes(test, "iv"));
    const auto aad = bytes(test, "aad");
    const auto plaintext = bytes(test, "msg");
    auto sealed = bytes(test, "ct");
    std::ranges::copy(bytes(test, "tag"), std::back_inserter(sealed));
    const bool good = text(test, "result") == "valid";
    ++(good ? valid : invalid);

    std::vector<std::byte> opened(plaintext.size(), std::byte{1});
    REQUIRE(xchacha_open(key, nonce, aad, sealed, opened) == good);
    REQUIRE(opened == (good ? plaintext : std::vector<std::byte>(plaintext.size())));
    std::vector<std::byte> made(plaintext.size() + xchacha_overhead);
    xchacha_seal(key, nonce, aad, plaintext, made);
    REQUIRE((made == sealed) == good);
  });
  REQUIRE(valid == 246);
  REQUIRE(invalid == 60);
}
