#include "crypto/aead.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <random>
#include <vector>

using namespace coseal;

namespace {

using buffer = std::vector<std::byte>;
using tag_bytes = std::array<std::byte, tag_size>;

/// The same sequence in every run: a failure can be repeated.
class random_source {
 public:
  std::size_t up_to(std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(engine_); }
  buffer bytes(std::size_t n) {
    buffer out(n);
    for (auto& b : out) b = static_cast<std::byte>(engine_());
    return out;
  }
  template <std::size_t N>
  std::array<std::byte, N> array() {
    std::array<std::byte, N> out;
    std::ranges::copy(bytes(N), out.begin());
    return out;
  }

 private:
  std::mt19937 engine_{20231};
};

bool all_zero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

// Bytes before and behind every output that nobody may touch.
constexpr std::size_t guard = 64;

}  // namespace

TEST_CASE("all backends and all forms of sealing give the same bytes", "[crypto]") {
  random_source random;
  const auto backends = usable_aead_backends();
  REQUIRE_FALSE(backends.empty());
  for (int round = 0; round < 150; ++round) {
    const auto size = random.up_to(round % 3 == 0 ? 70000 : round % 3 == 1 ? 3000 : 100);
    const auto offset = random.up_to(63);
    const auto head = random.up_to(std::min<std::size_t>(size, round % 2 == 0 ? 16 : 5000));
    const auto key_bytes = random.array<32>();
    const auto nonce = random.array<12>();
    const auto aad = random.bytes(random.up_to(64));
    const auto source = random.bytes(offset + size);
    const auto plaintext = std::span(source).subspan(offset);
    CAPTURE(round, size, offset, head, aad.size());

    buffer agreed;
    tag_bytes agreed_tag{};
    for (const aead_backend* backend : backends) {
      CAPTURE(backend->name());
      const auto key = backend->expand(key_bytes);
      tag_bytes tag;

      buffer out(guard + offset + size + guard);
      const auto body = std::span(out).subspan(guard + offset, size);
      key->seal(nonce, aad, plaintext, body.data(), tag);
      REQUIRE(all_zero(std::span(out).first(guard + offset)));
      REQUIRE(all_zero(std::span(out).last(guard)));
      if (agreed.empty()) {
        agreed.assign(body.begin(), body.end());
        agreed_tag = tag;
      }
      REQUIRE(std::ranges::equal(body, agreed));
      REQUIRE(tag == agreed_tag);

      buffer in_place(source);
      key->seal(nonce, aad, std::span(in_place).subspan(offset), in_place.data() + offset, tag);
      REQUIRE(std::ranges::equal(std::span(in_place).subspan(offset), agreed));
      REQUIRE(tag == agreed_tag);

      std::ranges::fill(out, std::byte{0});
      std::ranges::copy(plaintext.first(head), body.begin());
      key->seal_after(nonce, aad, body.first(head), plaintext.subspan(head), tag);
      REQUIRE(std::ranges::equal(body, agreed));
      REQUIRE(tag == agreed_tag);
      REQUIRE(all_zero(std::span(out).first(guard + offset)));
      REQUIRE(all_zero(std::span(out).last(guard)));

      std::ranges::copy(plaintext, body.begin());
      key->seal_after(nonce, aad, body.first(head), body.subspan(head), tag);
      REQUIRE(std::ranges::equal(body, agreed));
      REQUIRE(tag == agreed_tag);

      REQUIRE(key->open(nonce, aad, body, tag));
      REQUIRE(std::ranges::equal(body, plaintext));
    }
  }
}

TEST_CASE("all backends give the same mac, in one piece or two", "[crypto]") {
  random_source random;
  const auto backends = usable_aead_backends();
  for (int round = 0; round < 100; ++round) {
    const auto key_bytes = random.array<32>();
    const auto nonce = random.array<12>();
    const auto message = random.bytes(random.up_to(round % 2 == 0 ? 20000 : 100));
    const auto cut = random.up_to(std::min<std::size_t>(message.size(), round % 4 < 2 ? 8 : 5000));
    const auto a = std::span(message).first(cut);
    const auto b = std::span(message).subspan(cut);
    const buffer b_elsewhere(b.begin(), b.end());
    CAPTURE(round, message.size(), cut);

    tag_bytes expected;
    backends.front()->expand(key_bytes)->seal(nonce, message, {}, nullptr, expected);
    for (const aead_backend* backend : backends) {
      CAPTURE(backend->name());
      const auto key = backend->expand(key_bytes);
      tag_bytes tag;
      key->mac(nonce, a, b, tag);
      REQUIRE(tag == expected);
      key->mac(nonce, a, b_elsewhere, tag);
      REQUIRE(tag == expected);
      key->mac(nonce, message, {}, tag);
      REQUIRE(tag == expected);
      key->mac(nonce, {}, message, tag);
      REQUIRE(tag == expected);
    }
  }
}

TEST_CASE("a key remembers nothing of its earlier messages", "[crypto]") {
  random_source random;
  const auto key_bytes = random.array<32>();
  const auto nonce = random.array<12>();
  for (const aead_backend* backend : usable_aead_backends()) {
    const auto used = backend->expand(key_bytes);
    for (const std::size_t size : {5000u, 3u, 40u, 0u, 6000u, 17u}) {
      CAPTURE(backend->name(), size);
      const auto fresh = backend->expand(key_bytes);
      const auto header = random.bytes(8);
      const auto content = random.bytes(size);
      tag_bytes tag;
      tag_bytes expected;
      used->mac(nonce, header, content, tag);
      fresh->mac(nonce, header, content, expected);
      REQUIRE(tag == expected);

      buffer sealed(8 + size);
      buffer expected_sealed(8 + size);
      used->seal_after(nonce, header, std::span(sealed).first(8), content, tag);
      fresh->seal_after(nonce, header, std::span(expected_sealed).first(8), content, expected);
      REQUIRE(sealed == expected_sealed);
      REQUIRE(tag == expected);
    }
  }
}

TEST_CASE("one flipped bit anywhere refuses the message and leaves the buffer wiped", "[crypto]") {
  random_source random;
  const auto key_bytes = random.array<32>();
  for (const aead_backend* backend : usable_aead_backends()) {
    const auto key = backend->expand(key_bytes);
    for (const std::size_t size : {0u, 1u, 40u, 700u}) {
      auto nonce = random.array<12>();
      auto aad = random.bytes(8);
      auto sealed = random.bytes(size);
      tag_bytes tag;
      key->seal(nonce, aad, sealed, sealed.data(), tag);

      const auto refuses_with_flips_in = [&](std::span<std::byte> part) {
        for (std::size_t bit = 0; bit < part.size() * 8; ++bit) {
          CAPTURE(backend->name(), size, bit);
          const std::byte mask{static_cast<unsigned char>(1u << bit % 8)};
          part[bit / 8] ^= mask;
          auto attempt = sealed;
          REQUIRE_FALSE(key->open(nonce, aad, attempt, tag));
          REQUIRE(all_zero(attempt));
          part[bit / 8] ^= mask;
        }
      };
      refuses_with_flips_in(sealed);
      refuses_with_flips_in(tag);
      refuses_with_flips_in(aad);
      refuses_with_flips_in(nonce);
      REQUIRE(key->open(nonce, aad, sealed, tag));
    }
  }
}

TEST_CASE("one flipped bit anywhere fails verification of a mac", "[crypto]") {
  random_source random;
  const auto key_bytes = random.array<32>();
  for (const aead_backend* backend : usable_aead_backends()) {
    const auto key = backend->expand(key_bytes);
    auto nonce = random.array<12>();
    auto header = random.bytes(8);
    auto content = random.bytes(50);
    tag_bytes tag;
    key->mac(nonce, header, content, tag);
    for (const std::span<std::byte> part : {std::span<std::byte>(header), std::span<std::byte>(content),
                                            std::span<std::byte>(tag), std::span<std::byte>(nonce)})
      for (std::size_t bit = 0; bit < part.size() * 8; ++bit) {
        CAPTURE(backend->name(), bit);
        const std::byte mask{static_cast<unsigned char>(1u << bit % 8)};
        part[bit / 8] ^= mask;
        REQUIRE_FALSE(key->verify(nonce, header, content, tag));
        part[bit / 8] ^= mask;
      }
    REQUIRE(key->verify(nonce, header, content, tag));
  }
}

TEST_CASE("a mac is not the tag of the same bytes as a message", "[crypto]") {
  random_source random;
  const auto key = usable_aead_backends().front()->expand(random.array<32>());
  const auto nonce = random.array<12>();
  auto message = random.bytes(32);
  tag_bytes sealed;
  tag_bytes mac;
  key->mac(nonce, {}, message, mac);
  key->seal(nonce, {}, message, message.data(), sealed);
  REQUIRE(sealed != mac);
}
