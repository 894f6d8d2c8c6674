#include "websocket/mask.hpp"

#include <cstdint>
#include <cstring>

namespace coseal::websocket {
namespace {

using block = std::uint64_t __attribute__((vector_size(64)));

/// All whole blocks; returns how many bytes those were. Each is loaded whole before it is stored, which is
/// what makes the overlap right.
[[gnu::always_inline]] inline std::size_t mask_blocks(std::byte* to, const std::byte* from, std::size_t n,
                                                      std::uint64_t wide) noexcept {
  std::size_t at = 0;
  for (; n - at >= sizeof(block); at += sizeof(block)) {
    block part;
    std::memcpy(&part, from + at, sizeof part);
    part ^= wide;
    std::memcpy(to + at, &part, sizeof part);
  }
  return at;
}

using mask_function = std::size_t (*)(std::byte*, const std::byte*, std::size_t, std::uint64_t) noexcept;

std::size_t mask_plain(std::byte* to, const std::byte* from, std::size_t n, std::uint64_t wide) noexcept {
  return mask_blocks(to, from, n, wide);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] std::size_t mask_avx2(std::byte* to, const std::byte* from, std::size_t n,
                                              std::uint64_t wide) noexcept {
  return mask_blocks(to, from, n, wide);
}
[[gnu::target("avx512f")]] std::size_t mask_avx512(std::byte* to, const std::byte* from, std::size_t n,
                                                   std::uint64_t wide) noexcept {
  return mask_blocks(to, from, n, wide);
}
#endif

mask_function for_this_cpu() noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return mask_avx512;
  if (__builtin_cpu_supports("avx2")) return mask_avx2;
#endif
  return mask_plain;
}

}  // namespace

void apply_mask(std::byte* to, const std::byte* from, std::size_t n, const masking_key& key,
                std::size_t phase) noexcept {
  static const mask_function fast = for_this_cpu();
  masking_key turned;
  for (std::size_t i = 0; i < 4; ++i) turned[i] = key[(phase + i) % 4];
  std::uint32_t word = 0;
  std::memcpy(&word, turned.data(), sizeof word);
  const std::size_t done = n < sizeof(block) ? 0 : fast(to, from, n, std::uint64_t{word} << 32 | word);
  for (std::size_t i = done; i < n; ++i) to[i] = from[i] ^ turned[i % 4];
}

}  // namespace coseal::websocket
