#include "crypto/token.hpp"

#include "bytes/writer.hpp"
#include "crypto/kdf.hpp"
#include "crypto/random.hpp"
#include "crypto/xchacha.hpp"
#include "fuzz/tokens.hpp"
#include "support/catch.hpp"

#include <coseal/error.hpp>

using namespace coseal;

namespace {

constexpr std::uint8_t type = 3;
constexpr std::uint32_t key_id = 0x01020304;

struct ring {
  secret32 key{std::span<const std::byte, 32>(random_array<32>())};
  public_key owner{random_array<32>()};
  std::vector<std::byte> plaintext = std::vector<std::byte>(50, std::byte{0x55});

  std::vector<std::byte> token() const { return seal_token(key, key_id, type, owner, plaintext); }
};

}  // namespace

TEST_CASE("a token opens for its owner, type and key alone", "[crypto]") {
  const ring ours;
  const auto token = ours.token();
  REQUIRE(open_token(ours.key, type, ours.owner, token).value() == ours.plaintext);
  const ring other;
  REQUIRE(open_token(other.key, type, ours.owner, token).error() == errc::bad_record_tag);
  REQUIRE(open_token(ours.key, type, other.owner, token).error() == errc::bad_record_tag);
  REQUIRE(open_token(ours.key, type + 1, ours.owner, token).error() == errc::malformed_message);
}

TEST_CASE("a token has the layout that its text says", "[crypto]") {
  const ring ours;
  const auto token = ours.token();
  REQUIRE(token.size() == 1 + 1 + 4 + 24 + ours.plaintext.size() + 16);
  REQUIRE(token[0] == std::byte{1});
  REQUIRE(token[1] == std::byte{type});
  REQUIRE(token[2] == std::byte{1});
  REQUIRE(token[5] == std::byte{4});
}

TEST_CASE("a token made by hand after the text opens", "[crypto]") {
  const ring ours;
  const auto nonce = random_array<24>();
  writer token;
  token.u8(1);
  token.u8(type);
  token.u32(key_id);
  token.bytes(nonce);
  writer aad;
  aad.bytes(token.view());
  aad.bytes(ours.owner.bytes);
  std::vector<std::byte> sealed(ours.plaintext.size() + xchacha_overhead);
  xchacha_seal(expand_label(ours.key, "tok3", ours.owner.bytes), nonce, aad.view(), ours.plaintext, sealed);
  token.bytes(sealed);
  REQUIRE(open_token(ours.key, type, ours.owner, token.view()).value() == ours.plaintext);
}

TEST_CASE("a token names its key before it is opened", "[crypto]") {
  const ring ours;
  const auto token = ours.token();
  REQUIRE(token_key_id(token, type).value() == key_id);
  REQUIRE(token_key_id(token, type + 1).error() == errc::malformed_message);
}

TEST_CASE("two tokens of the same content differ", "[crypto]") {
  const ring ours;
  REQUIRE(ours.token() != ours.token());
}

TEST_CASE("a token of nothing opens to nothing", "[crypto]") {
  const ring ours;
  const auto token = seal_token(ours.key, 0, type, ours.owner, {});
  REQUIRE(open_token(ours.key, type, ours.owner, token).value().empty());
}

TEST_CASE("a token changed in any byte is refused", "[crypto]") {
  const ring ours;
  const auto token = ours.token();
  for (std::size_t i = 0; i < token.size(); ++i) {
    CAPTURE(i);
    auto changed = token;
    changed[i] ^= std::byte{0x10};
    REQUIRE_FALSE(open_token(ours.key, type, ours.owner, changed));
  }
}

TEST_CASE("a token cut anywhere is refused", "[crypto]") {
  const ring ours;
  const auto token = ours.token();
  for (std::size_t size = 0; size < token.size(); ++size) {
    CAPTURE(size);
    const std::vector<std::byte> cut(token.begin(), token.begin() + static_cast<std::ptrdiff_t>(size));
    REQUIRE(open_token(ours.key, type, ours.owner, cut).error() ==
            (size < 46 ? errc::malformed_message : errc::bad_record_tag));
    REQUIRE(token_key_id(cut, type).has_value() == (size >= 46));
  }
}

TEST_CASE("the fuzz target of tokens holds for what it starts from", "[crypto]") {
  const ring ours;
  fuzz_tokens({});
  fuzz_tokens(ours.token());
  fuzz_tokens(seal_with_passphrase("pass", ours.plaintext, {1, 8}));
  fuzz_tokens(seal_with_passphrase("other", ours.plaintext, {2, 16}));
  for (const std::string_view text : {"backend/7", "a/", "/", "ABCDEF"})
    fuzz_tokens(std::as_bytes(std::span(text)));
  const auto hex = ours.owner.to_hex();
  fuzz_tokens(std::as_bytes(std::span(hex)));
}
