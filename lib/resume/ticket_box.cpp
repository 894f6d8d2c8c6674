#include "resume/ticket_box.hpp"

#include "crypto/token.hpp"

#include <coseal/error.hpp>

namespace coseal {
namespace {

constexpr std::uint8_t ticket_type = 3;  // 1 and 2 are those of lib/exchange

}  // namespace

task<result<std::vector<std::byte>>> ticket_box::seal(std::shared_ptr<const loaded_identity> own,
                                                      session_terms terms) {
  const auto self = self_;
  const auto current = co_await self->identity_with_current_ring(ring_kind::ticket);
  if (current && (*current)->key.public_part() == own->key.public_part()) own = *current;
  writer plaintext;
  plaintext.reserve(longest_terms);
  write_terms(plaintext, terms);
  auto bytes = std::move(plaintext).take();
  const ring_key& key = own->ticket_ring.current();
  auto sealed = seal_token(key.key, key.id, ticket_type, own->key.public_part(), bytes);
  wipe(bytes);
  co_return sealed;
}

task<result<session_terms>> ticket_box::open(std::vector<std::byte> ticket) {
  const auto self = self_;
  const auto id = token_key_id(ticket, ticket_type);
  if (!id) co_return id.error();
  const auto own = co_await self->identity_with_ring_key(*id, ring_kind::ticket);
  if (!own) co_return own.error();
  const ring_key* const found = (*own)->ticket_ring.find(*id);
  if (found == nullptr) co_return errc::session_expired;
  auto plaintext = open_token(found->key, ticket_type, (*own)->key.public_part(), ticket);
  if (!plaintext) co_return plaintext.error();
  reader in(*plaintext);
  session_terms terms = read_terms(in);
  const bool whole = in.complete();
  wipe(*plaintext);
  if (!whole) co_return errc::malformed_message;
  co_return terms;
}

}  // namespace coseal
