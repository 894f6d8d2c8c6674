#include "websocket/mask.hpp"

#include <cstdint>
#include <cstring>

namespace coseal::websocket {

void apply_mask(std::byte* to, const std::byte* from, std::size_t n, const masking_key& key,
                std::size_t phase) noexcept {
  masking_key turned;
  for (std::size_t i = 0; i < 4; ++i) turned[i] = key[(phase + i) % 4];
  // Blocks are loaded whole before they are stored, which is what makes the overlap right; the compiler turns
  // each into a few vector instructions.
  constexpr std::size_t words = 8;
  std::uint32_t word = 0;
  std::memcpy(&word, turned.data(), sizeof word);
  const std::uint64_t wide = std::uint64_t{word} << 32 | word;
  std::uint64_t block[words];
  while (n >= sizeof block) {
    std::memcpy(block, from, sizeof block);
    for (std::uint64_t& each : block) each ^= wide;
    std::memcpy(to, block, sizeof block);
    from += sizeof block;
    to += sizeof block;
    n -= sizeof block;
  }
  for (std::size_t i = 0; i < n; ++i) to[i] = from[i] ^ turned[i % 4];
}

}  // namespace coseal::websocket
