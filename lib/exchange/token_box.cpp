#include "exchange/token_box.hpp"

#include "crypto/kdf.hpp"
#include "crypto/token.hpp"

#include <coseal/error.hpp>

namespace coseal {
namespace {

/// Rings count from 1, so no key of a ring is ever taken for this one.
constexpr std::uint32_t derived_id = 0;

secret32 derived_key(const loaded_identity& own) {
  return expand_label(own.key.seed(), "request key", {});
}

}  // namespace

task<result<std::shared_ptr<const loaded_identity>>> token_box::identity() {
  // Nobody rolls a ring that nobody uses, in a store that perhaps can not be written.
  return keys_ == token_keys::request_ring ? self_->identity_with_current_ring() : self_->identity();
}

std::vector<std::byte> token_box::seal(const loaded_identity& own, token_type type,
                                       std::span<const std::byte> plaintext) const {
  const auto number = static_cast<std::uint8_t>(type);
  const public_key& owner = own.key.public_part();
  if (keys_ == token_keys::derived_no_forward_secrecy)
    return seal_token(derived_key(own), derived_id, number, owner, plaintext);
  const ring_key& current = own.request_ring.current();
  return seal_token(current.key, current.id, number, owner, plaintext);
}

std::vector<std::byte> token_box::seal(const loaded_identity& own, handshake_token token) const {
  auto plaintext = std::move(token).encode();
  auto sealed = seal(own, token_type::handshake, plaintext);
  wipe(plaintext);
  return sealed;
}

std::vector<std::byte> token_box::seal(const loaded_identity& own, const session_token& token) const {
  auto plaintext = token.encode();
  auto sealed = seal(own, token_type::session, plaintext);
  wipe(plaintext);
  return sealed;
}

template <typename Content>
task<result<Content>> token_box::open(token_type type, std::vector<std::byte> token) {
  const auto number = static_cast<std::uint8_t>(type);
  const auto id = token_key_id(token, number);
  if (!id) co_return id.error();
  const bool derived = keys_ == token_keys::derived_no_forward_secrecy;
  if (derived != (*id == derived_id)) co_return errc::session_expired;
  auto finding = derived ? self_->identity() : self_->identity_with_ring_key(*id);
  const auto own = co_await std::move(finding);
  if (!own) co_return own.error();

  secret32 key;
  if (derived) {
    key = derived_key(**own);
  } else {
    const ring_key* const found = (*own)->request_ring.find(*id);
    if (found == nullptr) co_return errc::session_expired;
    key = found->key.clone();
  }
  auto plaintext = open_token(key, number, (*own)->key.public_part(), token);
  if (!plaintext) co_return plaintext.error();
  auto content = Content::parse(*plaintext);
  wipe(*plaintext);
  co_return content;
}

task<result<handshake_token>> token_box::open_handshake(std::vector<std::byte> token) {
  return open<handshake_token>(token_type::handshake, std::move(token));
}

task<result<session_token>> token_box::open_session(std::vector<std::byte> token) {
  return open<session_token>(token_type::session, std::move(token));
}

}  // namespace coseal
