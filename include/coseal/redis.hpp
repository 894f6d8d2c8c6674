#pragma once

#if defined(COSEAL_NO_REDIS)
#error "coseal was built without Redis: it needs hiredis, see the option redis"
#endif

#include <coseal/clock.hpp>
#include <coseal/message_bus.hpp>
#include <coseal/storage.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace coseal {

/// How a Redis is used.
class redis_options {
 public:
  redis_options() {}
  /// For each command, connecting included; 2 s. 1 ms to 1 h.
  redis_options& within(clock::duration duration) { return within_ = duration, *this; }
  /// Before all keys, so that several deployments can share one database; "coseal:". Up to 128 bytes.
  redis_options& prefix(std::string text) { return prefix_ = std::move(text), *this; }

  clock::duration within() const noexcept { return within_; }
  const std::string& prefix() const noexcept { return prefix_; }

 private:
  clock::duration within_ = std::chrono::seconds(2);
  std::string prefix_ = "coseal:";
};

/// A Redis, for processes on many machines: "redis://[user][:password]@host[:port][/database]" (port 6379,
/// database 0) or "redis+unix:///path[?db=n]"; reserved characters as %XX. There is no TLS: the way to
/// another machine goes through a tunnel. Throws coseal::error (errc::invalid_address, invalid_option).
///
/// Nothing is asked of it before the first call, which begins a thread of the store's own with one
/// connection; calls share it without waiting for each other. A Redis that does not answer within `within`,
/// or can not be reached, is errc::storage_failed; whether a change was made is then unknown. While it is
/// known to be away calls fail at once, and it is tried again after 50 ms to 1 s. A replica and a Redis that
/// is still loading are storage_failed, too; one that may evict keys is errc::storage_insecure (it must have
/// maxmemory-policy noeviction). After fork() open another one (errc::used_after_fork).
std::shared_ptr<storage> redis_storage(std::string url, redis_options options = {});

/// The pub/sub of a Redis, as serve_options::relay wants it; addresses, options and throws as redis_storage.
/// Each subscription has a connection of its own, which is made again for as long as it is listened to; what
/// is published while it is away is lost.
std::shared_ptr<message_bus> redis_bus(std::string url, redis_options options = {});

}  // namespace coseal
