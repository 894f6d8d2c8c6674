#include "websocket/mask.hpp"

#include "support/catch.hpp"

#include <random>
#include <vector>

using namespace coseal::websocket;

namespace {

using bytes = std::vector<std::byte>;

bytes random_bytes(std::mt19937& random, std::size_t n) {
  bytes out(n);
  for (auto& each : out) each = static_cast<std::byte>(random());
  return out;
}

/// RFC 6455 5.3, as it stands there.
bytes naive(const bytes& in, const masking_key& key, std::size_t phase) {
  bytes out;
  for (std::size_t i = 0; i < in.size(); ++i) out.push_back(in[i] ^ key[(i + phase) % 4]);
  return out;
}

}  // namespace

TEST_CASE("masking is what the RFC says at every offset, length and phase", "[websocket]") {
  std::mt19937 random(6455);
  const masking_key key{std::byte{0x37}, std::byte{0xfa}, std::byte{0x21}, std::byte{0x3d}};
  const bytes memory = random_bytes(random, 400);
  for (std::size_t offset = 0; offset < 16; ++offset)
    for (std::size_t n = 0; n < 200; ++n)
      for (std::size_t phase = 0; phase < 4; ++phase) {
        const bytes in(memory.begin() + static_cast<std::ptrdiff_t>(offset),
                       memory.begin() + static_cast<std::ptrdiff_t>(offset + n));
        bytes there(n), place = memory;
        apply_mask(there.data(), memory.data() + offset, n, key, phase);
        apply_mask(place.data() + offset, place.data() + offset, n, key, phase);
        const bytes right = naive(in, key, phase);
        const bytes in_place(place.begin() + static_cast<std::ptrdiff_t>(offset),
                             place.begin() + static_cast<std::ptrdiff_t>(offset + n));
        if (there != right || in_place != right) {
          CAPTURE(offset, n, phase);
          REQUIRE(there == right);
          REQUIRE(in_place == right);
        }
      }
}

TEST_CASE("unmasking closes a gap of any width on the way", "[websocket]") {
  std::mt19937 random(1);
  const masking_key key{std::byte{1}, std::byte{2}, std::byte{4}, std::byte{8}};
  for (std::size_t gap = 0; gap < 80; ++gap) {
    CAPTURE(gap);
    const bytes payload = random_bytes(random, 1000);
    bytes memory(gap);
    const bytes masked = naive(payload, key, 0);
    memory.insert(memory.end(), masked.begin(), masked.end());
    apply_mask(memory.data(), memory.data() + gap, payload.size(), key, 0);
    memory.resize(payload.size());
    CHECK(memory == payload);
  }
}
