#include "crypto/aead.hpp"
#include "support/catch.hpp"
#include "support/json_vectors.hpp"

#include <string>

using namespace coseal;
using namespace coseal::test;

namespace {

std::string joined(std::initializer_list<std::span<const std::byte>> pieces) {
  std::string out;
  for (const auto piece : pieces) out.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  return out;
}

bool our_sizes(json group) {
  return number(group, "keySize") == 256 && number(group, "ivSize") == 96 && number(group, "tagSize") == 128;
}

}  // namespace

TEST_CASE("every backend seals and opens the GCM vectors as asked", "[crypto]") {
  for (const aead_backend* backend : usable_aead_backends()) {
    int valid = 0;
    int invalid = 0;
    for_each_wycheproof("aes_gcm", [&](json group, json test) {
      if (!our_sizes(group)) return;
      CAPTURE(backend->name(), number(test, "tcId"));
      const auto key = backend->expand(array_from<32>(bytes(test, "key")));
      const auto nonce = array_from<12>(bytes(test, "iv"));
      const auto aad = bytes(test, "aad");
      const auto plaintext = bytes(test, "msg");
      const auto ciphertext = bytes(test, "ct");
      const auto tag = array_from<tag_size>(bytes(test, "tag"));
      const bool good = text(test, "result") == "valid";
      ++(good ? valid : invalid);

      auto opened = ciphertext;
      REQUIRE(key->open(nonce, aad, opened, tag) == good);
      REQUIRE(opened == (good ? plaintext : std::vector<std::byte>(ciphertext.size())));

      std::vector<std::byte> sealed(plaintext.size());
      std::array<std::byte, tag_size> made;
      key->seal(nonce, aad, plaintext, sealed.data(), made);
      REQUIRE((joined({sealed, made}) == joined({ciphertext, tag})) == good);
    });
    REQUIRE(valid == 39);
    REQUIRE(invalid == 27);
  }
}

TEST_CASE("every backend makes and checks the GMAC vectors, however the message is cut in two", "[crypto]") {
  for (const aead_backend* backend : usable_aead_backends()) {
    int valid = 0;
    int invalid = 0;
    for_each_wycheproof("aes_gmac", [&](json group, json test) {
      if (!our_sizes(group)) return;
      CAPTURE(backend->name(), number(test, "tcId"));
      const auto key = backend->expand(array_from<32>(bytes(test, "key")));
      const auto nonce = array_from<12>(bytes(test, "iv"));
      const auto message = bytes(test, "msg");
      const auto tag = array_from<tag_size>(bytes(test, "tag"));
      const bool good = text(test, "result") == "valid";
      ++(good ? valid : invalid);

      for (std::size_t cut = 0; cut <= message.size(); ++cut) {
        const std::span whole(message);
        const std::vector<std::byte> elsewhere(whole.begin() + static_cast<std::ptrdiff_t>(cut), whole.end());
        REQUIRE(key->verify(nonce, whole.first(cut), whole.subspan(cut), tag) == good);
        REQUIRE(key->verify(nonce, whole.first(cut), elsewhere, tag) == good);
      }
    });
    REQUIRE(valid == 15);
    REQUIRE(invalid == 54);
  }
}
