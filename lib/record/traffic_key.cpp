#include "record/traffic_key.hpp"

#include "crypto/kdf.hpp"
#include "record/nonce_audit.hpp"

#include <coseal/error.hpp>

namespace coseal {

traffic_key::traffic_key(secret32 secret, const aead_backend& backend, clock::time_point now)
    : secret_(std::move(secret)), backend_(&backend), since_(now) {
  derive();
}

void traffic_key::derive() {
  key_.reset();
  expand_label(hmac_key(secret_.view()), "iv", {}, iv_);
}

void traffic_key::expand() {
  const secret32 key = expand_label(secret_, "key", {});
  key_ = backend_->expand(key.view());
}

result<nonce_bytes> traffic_key::next_nonce(std::size_t bytes) noexcept {
  if (sequence_ >= hard_records || bytes > hard_bytes - bytes_) return errc::record_limit;
  nonce_bytes nonce = iv_;
  for (std::size_t i = 0; i < 8; ++i) nonce[11 - i] ^= static_cast<std::byte>(sequence_ >> (8 * i));
  ++sequence_;
  bytes_ += bytes;
  return nonce;
}

result<nonce_bytes> traffic_key::next_nonce_to_seal(std::size_t bytes) noexcept {
  const auto nonce = next_nonce(bytes);
  if (nonce) audit_nonce(secret_.view(), *nonce);
  return nonce;
}

void traffic_key::update(clock::time_point now) {
  secret_ = expand_label(secret_, "upd", {});
  derive();
  sequence_ = 0;
  bytes_ = 0;
  ++epoch_;
  since_ = now;
}

}  // namespace coseal
