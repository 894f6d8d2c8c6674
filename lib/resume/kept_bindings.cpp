#include "resume/kept_bindings.hpp"

#include "crypto/token.hpp"

#include <coseal/coordinate.hpp>
#include <coseal/error.hpp>

#include <vector>

namespace coseal {
namespace {

constexpr std::uint8_t kept_binding_type = 4;
constexpr int kept_write_tries = 8;

}  // namespace

bool kept_bindings::is_name(std::string_view name) noexcept {
  // The characters of an instance id, and as many.
  const auto named = coordinate::parse("-/" + std::string(name));
  return named && !named->instance().empty();
}

session_binding open_kept_binding(const key_ring& ring, const public_key& owner,
                                  std::span<const std::byte> sealed) {
  const auto id = token_key_id(sealed, kept_binding_type);
  if (!id) return {};
  const ring_key* const key = ring.find(*id);
  if (key == nullptr) return {};
  auto opened = open_token(key->key, kept_binding_type, owner, sealed);
  return opened ? session_binding(*std::move(opened)) : session_binding();
}

task<result<session_binding>> kept_bindings::read(std::string name) {
  const auto self = self_;
  const auto found = co_await self->store()->get(std::string(kept_binding_prefix) + name);
  if (!found) co_return found.error();
  if (!found->has_value()) co_return session_binding();
  const auto own = co_await self->identity();
  if (!own) co_return own.error();
  co_return open_kept_binding((*own)->ticket_ring, (*own)->key.public_part(), (*found)->value);
}

task<result<void>> kept_bindings::write(std::string name, session_binding binding) {
  const auto self = self_;
  const auto own = co_await self->identity_with_current_ring(ring_kind::ticket);
  if (!own) co_return own.error();
  const ring_key& key = (*own)->ticket_ring.current();
  const auto sealed =
      seal_token(key.key, key.id, kept_binding_type, (*own)->key.public_part(), binding.bytes());
  const std::string at = std::string(kept_binding_prefix) + name;
  for (int i = 0; i < kept_write_tries; ++i) {
    const auto found = co_await self->store()->get(at);
    if (!found) co_return found.error();
    auto writing = found->has_value() ? self->store()->compare_exchange(at, (*found)->version, sealed)
                                      : self->store()->put_if_absent(at, sealed);
    const auto written = co_await std::move(writing);
    if (!written) co_return written.error();
    if (*written) co_return result<void>();
  }
  co_return errc::storage_failed;
}

}  // namespace coseal
