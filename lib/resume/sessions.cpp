#include "bytes/reader.hpp"
#include "bytes/writer.hpp"
#include "resume/kept_bindings.hpp"
#include "resume/resumable_session.hpp"
#include "trust/identity_store.hpp"
#include "trust/session_book.hpp"

#include <coseal/error.hpp>
#include <coseal/sessions.hpp>

#include <chrono>
#include <span>
#include <vector>

namespace coseal {
namespace {

std::uint64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

std::vector<std::byte> tombstone(std::uint64_t when) {
  writer out;
  out.u8(1);
  out.u64(when);
  return std::move(out).take();
}

bool is_over(std::span<const std::byte> value, std::uint64_t now) {
  constexpr std::uint64_t kept = std::chrono::milliseconds(tombstone_lifetime).count();
  reader in(value);
  const bool known = in.u8() == 1;
  const auto when = in.u64();
  return known && in.complete() && now > kept && when < now - kept;
}

/// Of tombstones nobody can be resumed past any more.
task<result<void>> sweep(std::shared_ptr<storage> store, std::uint64_t now) {
  const auto keys = co_await store->list(std::string(tombstone_prefix));
  if (!keys) co_return keys.error();
  for (const auto& key : *keys) {
    const auto found = co_await store->get(key);
    if (!found) co_return found.error();
    if (!*found || !is_over((*found)->value, now)) continue;
    const auto erased = co_await store->erase(key);
    if (!erased) co_return erased.error();
  }
  co_return result<void>();
}

}  // namespace

task<result<std::vector<kept_session>>> list_kept_sessions(std::shared_ptr<storage> store) {
  const auto identity = co_await read_identity(store);
  if (!identity) co_return identity.error();
  if (!identity->has_value()) co_return errc::identity_missing;
  const identity_document& document = (*identity)->document;
  const auto keys = co_await store->list(std::string(kept_binding_prefix));
  if (!keys) co_return keys.error();
  std::vector<kept_session> sessions;
  for (const auto& key : *keys) {
    const auto found = co_await store->get(key);
    if (!found) co_return found.error();
    if (!found->has_value()) continue;
    const auto kept = resumable_session::parse(
        open_kept_binding(document.ticket_ring, document.key().public_part(), (*found)->value));
    if (!kept) continue;
    kept_session& shown = sessions.emplace_back();
    shown.name = key.substr(kept_binding_prefix.size());
    shown.session_id = kept->terms.id;
    shown.level = kept->terms.level;
    shown.peer = kept->terms.acceptor;
    shown.peer_key = kept->terms.acceptor_key;
    shown.expires = std::chrono::system_clock::time_point(kept->terms.expires);
  }
  co_return sessions;
}

task<result<void>> revoke_session(std::shared_ptr<storage> store, std::array<std::byte, 16> id) {
  const auto now = now_ms();
  const auto put = co_await store->put_if_absent(tombstone_key(id), tombstone(now));
  if (!put) co_return put.error();
  co_return co_await sweep(store, now);
}

}  // namespace coseal
