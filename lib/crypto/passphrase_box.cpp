#include "bytes/reader.hpp"
#include "bytes/writer.hpp"
#include "crypto/random.hpp"
#include "crypto/sodium.hpp"
#include "crypto/token.hpp"
#include "crypto/xchacha.hpp"

#include <coseal/error.hpp>

#include <sodium/crypto_pwhash_argon2id.h>

#include <new>

namespace coseal {
namespace {

static_assert(passphrase_cost{}.passes == crypto_pwhash_argon2id_OPSLIMIT_MODERATE);
static_assert(std::size_t{passphrase_cost{}.memory_kib} * 1024 == crypto_pwhash_argon2id_MEMLIMIT_MODERATE);

constexpr std::uint8_t box_version = 1;
using salt_bytes = std::array<std::byte, crypto_pwhash_argon2id_SALTBYTES>;

/// The clear part of a box.
struct box_header {
  static constexpr std::size_t size =
      1 + 4 + 4 + std::tuple_size_v<salt_bytes> + std::tuple_size_v<xchacha_nonce>;

  passphrase_cost cost;
  salt_bytes salt;
  xchacha_nonce nonce;
};

std::vector<std::byte> written(const box_header& header) {
  writer out;
  out.u8(box_version);
  out.u32(header.cost.passes);
  out.u32(header.cost.memory_kib);
  out.bytes(header.salt);
  out.bytes(header.nonce);
  return std::move(out).take();
}

result<box_header> parse_header(std::span<const std::byte> bytes, passphrase_cost dearest) noexcept {
  reader in(bytes);
  const auto version = in.u8();
  box_header header;
  header.cost.passes = in.u32();
  header.cost.memory_kib = in.u32();
  header.salt = in.array<std::tuple_size_v<salt_bytes>>();
  header.nonce = in.array<std::tuple_size_v<xchacha_nonce>>();
  if (in.failed() || in.left() < xchacha_overhead || version != box_version) return errc::malformed_message;
  const auto [passes, memory_kib] = header.cost;
  if (passes < crypto_pwhash_argon2id_OPSLIMIT_MIN ||
      memory_kib < crypto_pwhash_argon2id_MEMLIMIT_MIN / 1024 || passes > dearest.passes ||
      memory_kib > dearest.memory_kib)
    return errc::malformed_message;
  return header;
}

secret32 stretch(std::string_view passphrase, const box_header& header) {
  ready_sodium();
  secret32 key;
  const char* text = passphrase.data() != nullptr ? passphrase.data() : "";
  if (crypto_pwhash_argon2id(raw(key.writable().data()), key.size, text, passphrase.size(),
                             raw(header.salt.data()), header.cost.passes,
                             std::size_t{header.cost.memory_kib} * 1024,
                             crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
    throw std::bad_alloc();  // the limits are legal: only memory can be missing
  return key;
}

}  // namespace

std::vector<std::byte> seal_with_passphrase(std::string_view passphrase, std::span<const std::byte> plaintext,
                                            passphrase_cost cost) {
  const box_header header{cost, random_array<std::tuple_size_v<salt_bytes>>(),
                          random_array<std::tuple_size_v<xchacha_nonce>>()};
  const auto clear = written(header);
  auto box = clear;
  box.resize(box_header::size + plaintext.size() + xchacha_overhead);
  xchacha_seal(stretch(passphrase, header), header.nonce, clear, plaintext,
               std::span(box).subspan(box_header::size));
  return box;
}

result<std::vector<std::byte>> open_with_passphrase(std::string_view passphrase,
                                                    std::span<const std::byte> box, passphrase_cost dearest) {
  const auto header = parse_header(box, dearest);
  if (!header) return header.error();
  const auto sealed = box.subspan(box_header::size);
  std::vector<std::byte> plaintext(sealed.size() - xchacha_overhead);
  if (!xchacha_open(stretch(passphrase, *header), header->nonce, box.first(box_header::size), sealed,
                    plaintext))
    return errc::wrong_passphrase;
  return plaintext;
}

}  // namespace coseal
