#include "crypto/kdf.hpp"

#include "bytes/writer.hpp"
#include "support/catch.hpp"
#include "support/json_vectors.hpp"

#include <algorithm>

using namespace coseal;
using namespace coseal::test;

namespace {

secret32 counting_secret() {
  secret32 out;
  for (std::size_t i = 0; i < out.size; ++i) out.writable()[i] = static_cast<std::byte>(i);
  return out;
}

}  // namespace

TEST_CASE("hkdf gives the vectors of RFC 5869", "[crypto]") {
  with_vectors("rfc/rfc5869_hkdf_sha256.json", [](json root) {
    for (const json test : items(root["tests"])) {
      CAPTURE(text(test, "name"));
      const auto extracted = hkdf_extract(bytes(test, "salt"), bytes(test, "ikm"));
      REQUIRE(std::ranges::equal(extracted.view(), bytes(test, "prk")));
      std::vector<std::byte> out(number(test, "length"));
      hkdf_expand(hmac_key(extracted.view()), bytes(test, "info"), out);
      REQUIRE(out == bytes(test, "okm"));
    }
  });
}

TEST_CASE("hkdf gives the Wycheproof vectors", "[crypto]") {
  int valid = 0;
  for_each_wycheproof("hkdf_sha256", [&](json, json test) {
    CAPTURE(number(test, "tcId"));
    std::vector<std::byte> out(number(test, "size"));
    if (text(test, "result") != "valid") {
      REQUIRE(out.size() > 255 * 32);  // the only thing that is invalid, and a mistake of the caller
      return;
    }
    ++valid;
    hkdf_expand(hmac_key(hkdf_extract(bytes(test, "salt"), bytes(test, "ikm")).view()), bytes(test, "info"),
                out);
    REQUIRE(out == bytes(test, "okm"));
  });
  REQUIRE(valid == 83);
}

TEST_CASE("a labelled expansion gives the answers of a second implementation", "[crypto]") {
  const auto key = counting_secret();
  const auto context = sha256::of({});
  REQUIRE(
      std::ranges::equal(expand_label(key, "i hs", context).view(),
                         bytes_from_hex("0a70db5dd5963f45acadc23ce763bb6b747f436c45a01bb7ec7907576ad4beca")));
  std::array<std::byte, 12> iv;
  expand_label(hmac_key(key.view()), "iv", {}, iv);
  REQUIRE(std::ranges::equal(iv, bytes_from_hex("44e96ed9c2a3d306ef46c17c")));
}

TEST_CASE("a labelled expansion is the expansion over its written form, up to the longest", "[crypto]") {
  const auto key = counting_secret();
  const std::string label(40, 'l');
  const std::vector<std::byte> context(80, std::byte{7});
  std::vector<std::byte> got(1024);
  expand_label(hmac_key(key.view()), label, context, got);

  writer info;
  info.u16(1024);
  info.vec8("coseal/1 " + label);
  info.vec8(context);
  std::vector<std::byte> wanted(1024);
  hkdf_expand(hmac_key(key.view()), info.view(), wanted);
  REQUIRE(got == wanted);
}

TEST_CASE("label, context and length each give another key", "[crypto]") {
  const hmac_key key(counting_secret().view());
  const std::array<std::byte, 1> context{std::byte{'x'}};
  const auto base = expand_label(key, "key", {});
  REQUIRE_FALSE(std::ranges::equal(expand_label(key, "kez", {}).view(), base.view()));
  REQUIRE_FALSE(std::ranges::equal(expand_label(key, "key", context).view(), base.view()));
  REQUIRE_FALSE(
      std::ranges::equal(expand_label(key, "keyx", {}).view(), expand_label(key, "key", context).view()));
  std::array<std::byte, 33> longer;
  expand_label(key, "key", {}, longer);
  REQUIRE_FALSE(std::ranges::equal(std::span(longer).first(32), base.view()));
}
