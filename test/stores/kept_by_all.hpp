#pragma once

#include "support/redis_server.hpp"
#include "support/temporary_directory.hpp"

#include <coseal/storage.hpp>
#if defined(COSEAL_HAVE_REDIS)
#include <coseal/redis.hpp>
#endif
#if defined(COSEAL_HAVE_SQLITE)
#include <coseal/sqlite.hpp>
#endif

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace coseal::test {

/// storage_from with the time that a slow machine needs.
inline std::shared_ptr<storage> patient_storage(const std::string& address) {
#if defined(COSEAL_HAVE_REDIS)
  if (address.starts_with("redis"))
    return redis_storage(address, redis_options().within(std::chrono::minutes(2)));
#endif
#if defined(COSEAL_HAVE_SQLITE)
  if (address.starts_with("sqlite:"))
    return sqlite_storage(address.substr(sizeof "sqlite:" - 1), std::chrono::minutes(2));
#endif
  return storage_from(address).value();
}

/// An empty store of each kind that processes can share, by its address; Redis only where there is a
/// redis-server.
class shared_stores {
 public:
  shared_stores() {
    addresses_.push_back("file:" + (directory_.path() / "file").string());
#if defined(COSEAL_HAVE_SQLITE)
    addresses_.push_back("sqlite:" + (directory_.path() / "sqlite").string());
#endif
#if defined(COSEAL_HAVE_REDIS)
    if (redis_server::is_there()) addresses_.push_back(redis_.emplace().url());
#endif
  }

  const std::vector<std::string>& addresses() const noexcept {
    return addresses_;
  }

 private:
  const temporary_directory directory_;
  std::optional<redis_server> redis_;
  std::vector<std::string> addresses_;
};

}  // namespace coseal::test
