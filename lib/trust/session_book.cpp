#include "trust/session_book.hpp"

#include "bytes/reader.hpp"

#include <coseal/error.hpp>

#include <utility>

namespace coseal {

std::string tombstone_key(const session_id& id) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string key(tombstone_prefix);
  for (const std::byte b : id) {
    key += digits[std::to_integer<unsigned>(b) >> 4];
    key += digits[std::to_integer<unsigned>(b) & 15];
  }
  return key;
}

task<result<void>> session_book::check(session_id id, std::uint64_t generation) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = entries_.find(id);
    // The peer may not have got the ticket that came after the one it used: that one is good as well.
    if (known != entries_.end() && generation + 1 < known->second.generation) co_return errc::session_expired;
  }
  const auto tombstone = co_await store_->get(tombstone_key(id));
  if (!tombstone) co_return tombstone.error();
  if (tombstone->has_value()) co_return errc::revoked;
  co_return result<void>();
}

void session_book::enter(const session_id& id, const public_key& peer, std::uint64_t generation,
                         std::weak_ptr<session_holder> here) {
  std::shared_ptr<session_holder> before;
  {
    const std::lock_guard lock(mutex_);
    const auto [at, fresh] = entries_.try_emplace(id);
    before = std::exchange(at->second.holder, std::move(here)).lock();
    at->second.peer = peer;
    at->second.generation = generation;
    if (fresh) oldest_first_.push_back(id);
    if (oldest_first_.size() > most_remembered) {
      entries_.erase(oldest_first_.front());
      oldest_first_.pop_front();
    }
  }
  if (before) before->give_way(errc::session_moved);
}

bool session_book::replace(const session_id& id, const public_key& peer) {
  std::shared_ptr<session_holder> before;
  {
    const std::lock_guard lock(mutex_);
    const auto known = entries_.find(id);
    if (known == entries_.end() || known->second.peer != peer) return false;
    before = std::exchange(known->second.holder, {}).lock();
  }
  if (!before) return false;
  before->give_way(errc::session_expired);
  return true;
}

}  // namespace coseal
