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

task<result<std::uint64_t>> session_book::check(session_id id, std::uint64_t generation) {
  std::uint64_t turn = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto known = entries_.find(id);
    // The peer may not have got the ticket that came after the one it used: that one is good as well.
    if (known != entries_.end() && (known->second.replaced || known->second.generation > generation + 1))
      co_return errc::session_expired;
    turn = next_turn_++;
  }
  const auto tombstone = co_await store_->get(tombstone_key(id));
  if (!tombstone) co_return tombstone.error();
  if (tombstone->has_value()) co_return errc::revoked;
  co_return turn;
}

std::uint64_t session_book::next_turn() {
  const std::lock_guard lock(mutex_);
  return next_turn_++;
}

bool session_book::enter(const session_id& id, const public_key& peer, std::uint64_t generation,
                         std::uint64_t turn, std::weak_ptr<session_holder> here) {
  std::shared_ptr<session_holder> before;
  {
    const std::lock_guard lock(mutex_);
    const auto [at, fresh] = entries_.try_emplace(id);
    entry& known = at->second;
    if (!fresh && (known.replaced || known.turn > turn)) return false;
    before = std::exchange(known.holder, std::move(here)).lock();
    known.peer = peer;
    known.generation = generation;
    known.turn = turn;
    if (fresh) oldest_first_.push_back(id);
    if (oldest_first_.size() > most_remembered) forget_oldest();
  }
  if (before) before->give_way(errc::session_moved);
  return true;
}

void session_book::forget_oldest() {
  constexpr int tries = 16;
  for (int i = 0; i < tries && !entries_[oldest_first_.front()].holder.expired(); ++i) {
    oldest_first_.push_back(oldest_first_.front());
    oldest_first_.pop_front();
  }
  entries_.erase(oldest_first_.front());
  oldest_first_.pop_front();
}

bool session_book::replace(const session_id& id, const public_key& peer) {
  std::shared_ptr<session_holder> before;
  {
    const std::lock_guard lock(mutex_);
    const auto known = entries_.find(id);
    if (known == entries_.end() || known->second.peer != peer) return false;
    known->second.replaced = true;
    before = std::exchange(known->second.holder, {}).lock();
  }
  if (!before) return false;
  before->give_way(errc::session_expired);
  return true;
}

}  // namespace coseal
