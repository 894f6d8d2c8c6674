#include "crypto/self_test.hpp"

#include "crypto/aead_backends.hpp"
#include "crypto/hex_literal.hpp"
#include "crypto/kdf.hpp"
#include "crypto/key_agreement.hpp"
#include "crypto/signature.hpp"

#include <coseal/error.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace coseal {
namespace {

template <std::size_t N>
bool same(std::span<const std::byte> got, const std::array<std::byte, N>& wanted) noexcept {
  return std::ranges::equal(got, wanted);
}

// FIPS 180-4, "abc".
bool sha256_works() noexcept {
  constexpr auto message = hex_literal("616263");
  return same(sha256::of(message),
              hex_literal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

// RFC 5869 A.1.
bool hkdf_works() noexcept {
  constexpr auto salt = hex_literal("000102030405060708090a0b0c");
  constexpr auto input = hex_literal("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
  constexpr auto info = hex_literal("f0f1f2f3f4f5f6f7f8f9");
  std::array<std::byte, 42> out;
  hkdf_expand(hmac_key(hkdf_extract(salt, input).view()), info, out);
  return same(out, hex_literal("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
                               "34007208d5b887185865"));
}

// RFC 8032 7.1, test 2; and one bit of the message wrong.
bool ed25519_works() noexcept {
  constexpr auto seed = hex_literal("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  constexpr auto message = hex_literal("72");
  constexpr auto other = hex_literal("73");
  const signing_key key{secret32(seed)};
  const auto signature = key.sign(message);
  return same(key.public_part().bytes,
              hex_literal("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")) &&
         same(signature, hex_literal("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                                     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")) &&
         verify_signature(key.public_part(), message, signature) &&
         !verify_signature(key.public_part(), other, signature);
}

// RFC 7748 5.2; and the all-zero point.
bool x25519_works() noexcept {
  constexpr auto scalar = hex_literal("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
  constexpr auto point = hex_literal("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c");
  constexpr std::array<std::byte, 32> zero{};
  auto shared = ephemeral_key::of_scalar(scalar).agree(point);
  return shared &&
         same(shared->view(),
              hex_literal("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")) &&
         !ephemeral_key::of_scalar(scalar).agree(zero);
}

// Test case 16 of the GCM specification, beside the same key and nonce over other data, from a second
// implementation.
namespace gcm {
constexpr auto key = hex_literal("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
constexpr auto nonce = hex_literal("cafebabefacedbaddecaf888");
constexpr auto aad = hex_literal("feedfacedeadbeeffeedfacedeadbeefabaddad2");
constexpr auto plaintext = hex_literal(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
constexpr auto ciphertext = hex_literal(
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662");
constexpr auto tag = hex_literal("76fc6ece0f4e1768cddf8853bb2d551b");
constexpr auto mac_of_aad = hex_literal("9f6be07603c0b0bd1272854063e9c9ba");
constexpr auto tag_of_pattern = hex_literal("a5c4f6302a57ed514aecc545bdd262e4");
}  // namespace gcm

// Long enough for the loops over many blocks, which are other code than that for the first ones.
bool long_seal_works(aead_key& key) {
  std::array<std::byte, 3000> pattern;
  for (std::size_t i = 0; i < pattern.size(); ++i) pattern[i] = static_cast<std::byte>(i * 7);
  auto text = pattern;
  std::array<std::byte, tag_size> tag;
  key.seal(gcm::nonce, gcm::aad, text, text.data(), tag);
  return same(tag, gcm::tag_of_pattern) && key.open(gcm::nonce, gcm::aad, text, tag) && same(text, pattern);
}

}  // namespace

bool aead_self_test(const aead_backend& backend) {
  const auto key = backend.expand(gcm::key);
  std::array<std::byte, gcm::plaintext.size()> text;
  std::array<std::byte, tag_size> tag;

  key->seal(gcm::nonce, gcm::aad, gcm::plaintext, text.data(), tag);
  if (!same(text, gcm::ciphertext) || !same(tag, gcm::tag)) return false;
  if (!key->open(gcm::nonce, gcm::aad, text, tag) || !same(text, gcm::plaintext)) return false;

  constexpr std::size_t head = 5;
  key->seal_after(gcm::nonce, gcm::aad, std::span(text).first<head>(),
                  std::span(gcm::plaintext).subspan<head>(), tag);
  if (!same(text, gcm::ciphertext) || !same(tag, gcm::tag)) return false;

  tag[0] ^= std::byte{1};
  if (key->open(gcm::nonce, gcm::aad, text, tag)) return false;
  if (std::ranges::any_of(text, [](std::byte b) { return b != std::byte{0}; })) return false;

  key->mac(gcm::nonce, std::span(gcm::aad).first<8>(), std::span(gcm::aad).subspan<8>(), tag);
  return same(tag, gcm::mac_of_aad) && long_seal_works(*key);
}

result<void> crypto_self_test() {
  static const bool passed = sha256_works() && hkdf_works() && ed25519_works() && x25519_works();
  if (!passed) return errc::self_test_failed;
  return {};
}

}  // namespace coseal
