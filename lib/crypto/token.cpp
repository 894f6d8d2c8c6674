#include "crypto/token.hpp"

#include "bytes/reader.hpp"
#include "bytes/writer.hpp"
#include "crypto/kdf.hpp"
#include "crypto/random.hpp"
#include "crypto/xchacha.hpp"

#include <coseal/error.hpp>

#include <string>

namespace coseal {
namespace {

constexpr std::uint8_t token_version = 1;
constexpr std::size_t clear_size = 1 + 1 + 4 + std::tuple_size_v<xchacha_nonce>;

secret32 token_key(const secret32& ring_key, std::uint8_t type, const public_key& owner) {
  return expand_label(ring_key, "tok" + std::to_string(type), owner.bytes);
}

std::vector<std::byte> associated_data(std::span<const std::byte> clear, const public_key& owner) {
  std::vector<std::byte> aad(clear.begin(), clear.end());
  aad.insert(aad.end(), owner.bytes.begin(), owner.bytes.end());
  return aad;
}

}  // namespace

std::vector<std::byte> seal_token(const secret32& ring_key, std::uint32_t key_id, std::uint8_t type,
                                  const public_key& owner, std::span<const std::byte> plaintext) {
  const auto nonce = random_array<std::tuple_size_v<xchacha_nonce>>();
  writer clear;
  clear.u8(token_version);
  clear.u8(type);
  clear.u32(key_id);
  clear.bytes(nonce);
  auto token = std::move(clear).take();
  const auto aad = associated_data(token, owner);
  token.resize(clear_size + plaintext.size() + xchacha_overhead);
  xchacha_seal(token_key(ring_key, type, owner), nonce, aad, plaintext, std::span(token).subspan(clear_size));
  return token;
}

result<std::uint32_t> token_key_id(std::span<const std::byte> token, std::uint8_t type) noexcept {
  reader in(token);
  const bool known = in.u8() == token_version && in.u8() == type;
  const auto key_id = in.u32();
  in.bytes(std::tuple_size_v<xchacha_nonce>);
  if (!known || in.failed() || in.left() < xchacha_overhead) return errc::malformed_message;
  return key_id;
}

result<std::vector<std::byte>> open_token(const secret32& ring_key, std::uint8_t type,
                                          const public_key& owner, std::span<const std::byte> token) {
  if (const auto id = token_key_id(token, type); !id) return id.error();
  const auto clear = token.first(clear_size);
  const auto sealed = token.subspan(clear_size);
  xchacha_nonce nonce;
  std::ranges::copy(clear.last(nonce.size()), nonce.begin());
  std::vector<std::byte> plaintext(sealed.size() - xchacha_overhead);
  if (!xchacha_open(token_key(ring_key, type, owner), nonce, associated_data(clear, owner), sealed,
                    plaintext))
    return errc::bad_record_tag;
  return plaintext;
}

}  // namespace coseal
