#include "handshake/identity_proof.hpp"

#include <coseal/error.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace coseal {
namespace {

/// 0x20[64] | context | 0x00 | TH: the form of TLS 1.3, so that no signature is ever valid for something
/// else.
class signed_text {
 public:
  signed_text(handshake_role role, const digest& th) noexcept {
    const std::string_view context =
        role == handshake_role::acceptor ? "coseal/1 acceptor handshake" : "coseal/1 connector handshake";
    auto at = std::ranges::fill_n(bytes_.begin(), 64, std::byte{0x20});
    at = std::ranges::copy(std::as_bytes(std::span(context)), at).out;
    *at++ = std::byte{0};
    at = std::ranges::copy(th, at).out;
    size_ = static_cast<std::size_t>(at - bytes_.begin());
  }
  std::span<const std::byte> view() const noexcept { return std::span(bytes_).first(size_); }

 private:
  std::array<std::byte, 64 + 28 + 1 + 32> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace

std::vector<std::byte> identity_proof::encode() const {
  writer out;
  out.bytes(identity.encode());
  out.bytes(signature);
  out.bytes(finished);
  return std::move(out).take();
}

result<identity_proof> identity_proof::parse(std::span<const std::byte> plaintext) {
  if (plaintext.size() < proof_size) return errc::malformed_message;
  auto identity = identity_block::parse(plaintext.first(plaintext.size() - proof_size));
  if (!identity) return identity.error();
  reader in(plaintext.last(proof_size));
  identity_proof proof;
  proof.identity = *std::move(identity);
  proof.signature = in.array<64>();
  proof.finished = in.array<32>();
  return proof;
}

result<std::vector<std::byte>> seal_identity(record_kind kind, std::span<const std::byte> clear,
                                             const identity_block& own, const signing_key& key,
                                             handshake_role role, transcript& said, side_keys keys) {
  const digest sealed_under = said.value();  // TH1 or TH4
  const auto identity = own.encode();
  const signature_bytes signature = key.sign(signed_text(role, said.add(identity)).view());
  const digest finished = keys.finished.mac(said.add(signature));
  said.append(finished);

  const std::size_t sealed = identity.size() + identity_proof::proof_size;
  const record_header header{static_cast<std::uint32_t>(clear.size() + sealed + tag_size), kind, 0, 0};
  std::vector<std::byte> record;
  record.reserve(record_header::size + header.length);
  const auto append = [&record](std::span<const std::byte> b) {
    record.insert(record.end(), b.begin(), b.end());
  };
  append(header.bytes());
  append(clear);
  append(identity);
  append(signature);
  append(finished);
  record.resize(record.size() + tag_size);

  const auto box = std::span(record).last(sealed + tag_size);
  const auto done = std::move(keys.box).seal(header, sealed_under, box.first(sealed), box.last<tag_size>());
  if (!done) return done.error();
  return record;
}

result<opened_identity> opened_identity::open(const record_header& header, std::span<std::byte> sealed,
                                              transcript& said, side_keys keys) {
  if (sealed.size() < tag_size) return errc::malformed_message;
  const auto plaintext = sealed.first(sealed.size() - tag_size);
  const auto opened = std::move(keys.box).open(header, said.value(), plaintext, sealed.last<tag_size>());
  if (!opened) return opened.error();
  auto proof = identity_proof::parse(plaintext);
  if (!proof) return proof.error();
  // Hashed as they came, not as we would write them.
  const digest identity_th = said.add(plaintext.first(plaintext.size() - identity_proof::proof_size));
  const digest signature_th = said.add(proof->signature);
  said.append(proof->finished);
  return opened_identity(*std::move(proof), identity_th, signature_th, std::move(keys.finished));
}

result<void> opened_identity::verify(handshake_role peer) const noexcept {
  if (!verify_signature(identity().key, signed_text(peer, identity_th_).view(), proof_.signature))
    return errc::bad_signature;
  if (!finished_.verify(signature_th_, proof_.finished)) return errc::bad_finished;
  return {};
}

}  // namespace coseal
