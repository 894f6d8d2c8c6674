#include "crypto/kdf.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace coseal {
namespace {

constexpr std::string_view label_prefix = "coseal/1 ";
constexpr std::size_t longest_label = 40;
constexpr std::size_t longest_context = 96;

}  // namespace

secret32 hkdf_extract(std::span<const std::byte> salt, std::span<const std::byte> input) noexcept {
  secret32 out;
  hmac_key(salt).sign({input}, out.writable());
  return out;
}

void hkdf_expand(const hmac_key& key, std::span<const std::byte> info, std::span<std::byte> out) noexcept {
  if (out.size() > std::size_t{255} * 32) std::abort();  // RFC 5869: L <= 255 * HashLen
  secret32 block;
  std::span<const std::byte> previous;
  for (std::uint8_t counter = 1; !out.empty(); ++counter) {
    const std::byte count{counter};
    key.sign({previous, info, std::span(&count, 1)}, block.writable());
    const auto n = std::min(out.size(), block.view().size());
    std::ranges::copy(block.view().first(n), out.begin());
    out = out.subspan(n);
    previous = block.view();
  }
}

void expand_label(const hmac_key& key, std::string_view label, std::span<const std::byte> context,
                  std::span<std::byte> out) noexcept {
  // Labels are constants of the protocol and contexts are digests: a longer one is a mistake of ours, not of
  // a peer.
  if (label.size() > longest_label || context.size() > longest_context || out.size() > 0xffff) std::abort();
  std::array<std::byte, 2 + 1 + label_prefix.size() + longest_label + 1 + longest_context> info;
  auto end = info.begin();
  const auto put_number = [&](std::size_t n) { *end++ = static_cast<std::byte>(n); };
  const auto put_text = [&](std::string_view text) {
    end = std::ranges::copy(std::as_bytes(std::span(text)), end).out;
  };
  put_number(out.size() >> 8);
  put_number(out.size() & 0xff);
  put_number(label_prefix.size() + label.size());
  put_text(label_prefix);
  put_text(label);
  put_number(context.size());
  end = std::ranges::copy(context, end).out;
  hkdf_expand(key, std::span(info.begin(), end), out);
}

secret32 expand_label(const hmac_key& key, std::string_view label,
                      std::span<const std::byte> context) noexcept {
  secret32 out;
  expand_label(key, label, context, out.writable());
  return out;
}

secret32 expand_label(const secret32& key, std::string_view label,
                      std::span<const std::byte> context) noexcept {
  return expand_label(hmac_key(key.view()), label, context);
}

}  // namespace coseal
