#pragma once

#include "trust/trust_clock.hpp"

#include <coseal/asio.hpp>
#include <coseal/public_key.hpp>
#include <coseal/result.hpp>
#include <coseal/storage.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace coseal {

using session_id = std::array<std::byte, 16>;

/// How long a tombstone is kept: longer than any session can be resumed.
inline constexpr std::chrono::hours tombstone_lifetime = std::chrono::hours(7 * 24);
inline constexpr std::string_view tombstone_prefix = "revoked/session/";

/// The key in the store that says that a session must not be resumed.
std::string tombstone_key(const session_id& id);

/// A connection that has a session.
class session_holder {
 public:
  virtual ~session_holder() = default;
  /// The session is no longer this connection's.
  virtual void give_way(std::error_code why) noexcept = 0;
};

/// What an acceptor knows of its sessions beside their tickets: the tombstones in the store and, for order's
/// sake alone, what this process has seen. Resuming works without the latter. Thread-safe.
class session_book {
 public:
  session_book(std::shared_ptr<storage> store, trust_clock clock)
      : store_(std::move(store)), clock_(std::move(clock)) {}

  /// May a ticket of this generation be resumed from? errc::revoked, errc::session_expired if this process
  /// has seen its owner resume from a later one, condition::storage.
  task<result<void>> check(session_id id, std::uint64_t generation);
  /// `here` has the session from now on, with a ticket of `generation`; whoever had it is told
  /// errc::session_moved.
  void enter(const session_id& id, const public_key& peer, std::uint64_t generation,
             std::weak_ptr<session_holder> here);
  /// A new session of `peer` stands in for `id`. True if a connection of this process had it, which is told
  /// errc::session_expired.
  bool replace(const session_id& id, const public_key& peer);

 private:
  /// Beyond it the oldest are forgotten; they can be resumed all the same.
  static constexpr std::size_t most_remembered = 65'536;

  struct entry {
    public_key peer;
    std::uint64_t generation = 0;
    std::weak_ptr<session_holder> holder;
  };

  std::shared_ptr<storage> store_;
  trust_clock clock_;
  std::mutex mutex_;
  std::map<session_id, entry> entries_;
  std::deque<session_id> oldest_first_;
};

}  // namespace coseal
