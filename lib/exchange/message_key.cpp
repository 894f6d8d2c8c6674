#include "exchange/message_key.hpp"

#include "crypto/kdf.hpp"
#include "record/nonce_audit.hpp"

#include <coseal/error.hpp>

#include <algorithm>

namespace coseal {
namespace {

nonce_bytes iv_of(const secret<44>& key_and_iv) noexcept {
  nonce_bytes iv;
  std::ranges::copy(key_and_iv.view().last<12>(), iv.begin());
  return iv;
}

}  // namespace

message_key message_key::of_request(const secret32& i_ap, const message_salt& salt,
                                    std::uint64_t time) noexcept {
  std::array<std::byte, 40> context;
  auto at = std::ranges::copy(salt, context.begin()).out;
  for (int shift = 56; shift >= 0; shift -= 8) *at++ = static_cast<std::byte>(time >> shift);
  message_key made;
  expand_label(hmac_key(i_ap.view()), "http req", context, made.key_and_iv_.writable());
  return made;
}

message_key message_key::of_response(const secret32& r_ap, const digest& request,
                                     const message_salt& salt) noexcept {
  std::array<std::byte, 64> context;
  std::ranges::copy(salt, std::ranges::copy(request, context.begin()).out);
  message_key made;
  expand_label(hmac_key(r_ap.view()), "http rsp", context, made.key_and_iv_.writable());
  return made;
}

result<void> message_key::seal(security_level level, std::span<const std::byte> aad,
                               std::span<std::byte> content, tag_span tag) && {
  const secret<44> once = std::move(key_and_iv_);
  const auto backend = default_aead_backend();
  if (!backend) return backend.error();
  const auto key = once.view().first<32>();
  const nonce_bytes nonce = iv_of(once);
  audit_nonce(key, nonce);
  const auto expanded = (*backend)->expand(key);
  if (level == security_level::encrypted)
    expanded->seal(nonce, aad, content, content.data(), tag);
  else
    expanded->mac(nonce, aad, content, tag);
  return {};
}

result<void> message_key::open(security_level level, std::span<const std::byte> aad,
                               std::span<std::byte> content, const_tag_span tag) && {
  const secret<44> once = std::move(key_and_iv_);
  const auto backend = default_aead_backend();
  if (!backend) return backend.error();
  const nonce_bytes nonce = iv_of(once);
  const auto expanded = (*backend)->expand(once.view().first<32>());
  if (level == security_level::encrypted)
    return expanded->open(nonce, aad, content, tag) ? result<void>() : errc::bad_record_tag;
  if (expanded->verify(nonce, aad, content, tag)) return {};
  std::ranges::fill(content, std::byte{0});
  return errc::bad_record_tag;
}

}  // namespace coseal
