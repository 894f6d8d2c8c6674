#pragma once

#include <coseal/asio.hpp>
#include <coseal/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coseal {

/// A value and the version that compare_exchange asks for.
struct stored_value {
  std::vector<std::byte> value;
  std::uint64_t version = 0;

  stored_value() = default;
  stored_value(std::vector<std::byte> v, std::uint64_t n) : value(std::move(v)), version(n) {}
};

/// Where identity, key rings and pins live. All calls may come from any thread and overlap. A failure of the
/// store is condition::storage; it is never reported as an absent value. Keys are 1 to 512 bytes, values at
/// most 1 MiB (errc::invalid_option); most values are a few hundred bytes.
class storage {
 public:
  virtual ~storage() = default;

  virtual task<result<std::optional<stored_value>>> get(std::string key) = 0;
  /// True if the value was written, false if the key was there already; exactly one of many racing callers
  /// wins.
  virtual task<result<bool>> put_if_absent(std::string key, std::vector<std::byte> value) = 0;
  /// As put_if_absent, for what is of use for a while only: when `lifetime` is over the key is absent again,
  /// never earlier, and its room is given back in time. 1 ms to 366 days by the store's wall clock
  /// (errc::invalid_option); compare_exchange leaves the end as it is.
  virtual task<result<bool>> put_if_absent_for(std::string key, std::vector<std::byte> value,
                                               std::chrono::milliseconds lifetime) = 0;
  /// True if the key was at `version` and now holds `value` under a new version. No version comes twice, not
  /// even for a key that was erased and made again.
  virtual task<result<bool>> compare_exchange(std::string key, std::uint64_t version,
                                              std::vector<std::byte> value) = 0;
  /// True if the key was there and is gone.
  virtual task<result<bool>> erase(std::string key) = 0;
  /// The keys that start with `prefix`, sorted.
  virtual task<result<std::vector<std::string>>> list(std::string prefix) = 0;
};

/// For tests and for processes that keep no identity: gone with the last reference.
std::shared_ptr<storage> memory_storage();

/// One file of the owner alone (0600), replaced atomically and fsynced on each change; processes that share
/// it are serialised by a lock. Reads are cached and revalidated by one stat. Made for up to some thousand
/// pins. The calls do their file work on the calling thread.
std::shared_ptr<storage> file_storage(std::filesystem::path path);

/// The store behind an address as people write it: "file:PATH" or a path alone, "sqlite:PATH", "redis://..."
/// or "redis+unix://..." (redis.hpp), "memory:". A path alone has no ':' before its first '/'.
/// errc::invalid_address, also for what this build leaves out; nothing is opened yet.
result<std::shared_ptr<storage>> storage_from(std::string_view address);

/// The longest lifetime that put_if_absent_for takes.
inline constexpr std::chrono::milliseconds max_lifetime = std::chrono::hours(24 * 366);

}  // namespace coseal
