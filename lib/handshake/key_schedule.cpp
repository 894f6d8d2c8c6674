#include "handshake/key_schedule.hpp"

#include "crypto/kdf.hpp"

#include <coseal/error.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace coseal {
namespace {

using associated_data = std::array<std::byte, record_header::size + 32>;

associated_data associate(const record_header& header, const digest& th) noexcept {
  associated_data aad{};
  header.write(std::span(aad).first<record_header::size>());
  std::ranges::copy(th, aad.begin() + record_header::size);
  return aad;
}

constexpr std::array<std::byte, 32> zeros{};

const digest& hash_of_nothing() noexcept {
  static const digest value = sha256::of({});
  return value;
}

/// XL(ES, "derived", H("")): nothing secret goes into it.
const secret32& early_salt() noexcept {
  static const secret32 salt = expand_label(hkdf_extract(zeros, zeros), "derived", hash_of_nothing());
  return salt;
}

nonce_bytes iv_of(const hmac_key& side) noexcept {
  nonce_bytes iv{};
  expand_label(side, "iv", {}, iv);
  return iv;
}

}  // namespace

result<void> one_time_box::seal(const record_header& header, const digest& th, std::span<std::byte> in_out,
                                tag_span tag) && {
  const secret32 key = std::move(key_);
  const auto backend = default_aead_backend();
  if (!backend) return backend.error();
  (*backend)->expand(key.view())->seal(iv_, associate(header, th), in_out, in_out.data(), tag);
  return {};
}

result<void> one_time_box::open(const record_header& header, const digest& th, std::span<std::byte> in_out,
                                const_tag_span tag) && {
  const secret32 key = std::move(key_);
  const auto backend = default_aead_backend();
  if (!backend) return backend.error();
  if (!(*backend)->expand(key.view())->open(iv_, associate(header, th), in_out, tag))
    return errc::bad_record_tag;
  return {};
}

digest finished_key::mac(const digest& th) const noexcept {
  digest out;
  hmac_key(key_.view()).sign({th}, out);
  return out;
}

bool finished_key::verify(const digest& th, std::span<const std::byte> mac) const noexcept {
  return hmac_key(key_.view()).verify(th, mac);
}

side_keys::side_keys(const secret32& side) noexcept : side_keys(hmac_key(side.view())) {}

side_keys::side_keys(const hmac_key& side) noexcept
    : box(expand_label(side, "key", {}), iv_of(side)), finished(expand_label(side, "finished", {})) {}

handshake_secret::handshake_secret(secret32 shared) noexcept
    : hs_(hkdf_extract(early_salt().view(), shared.view())) {}

handshake_keys handshake_secret::into_keys(const digest& th1) && noexcept {
  const secret32 stage = std::move(hs_);
  const hmac_key hs(stage.view());
  return {side_keys(expand_label(hs, "i hs", th1)), side_keys(expand_label(hs, "r hs", th1)),
          master_secret(hkdf_extract(expand_label(hs, "derived", hash_of_nothing()).view(), zeros))};
}

traffic_secrets master_secret::into_traffic(handshake_role own, security_level level,
                                            const digest& th7) && noexcept {
  const secret32 stage = std::move(ms_);
  const hmac_key ms(stage.view());
  const std::string text(to_string(level));
  secret32 i_ap = expand_label(ms, "i ap " + text, th7);
  secret32 r_ap = expand_label(ms, "r ap " + text, th7);
  const bool connector = own == handshake_role::connector;
  return {connector ? std::move(i_ap) : std::move(r_ap), connector ? std::move(r_ap) : std::move(i_ap),
          expand_label(ms, "binding", th7), expand_label(ms, "exp", th7)};
}

}  // namespace coseal
