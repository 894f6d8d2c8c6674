#pragma once

#include <coseal/storage.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coseal {

using wall_time = std::chrono::sys_time<std::chrono::milliseconds>;

inline wall_time wall_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// What stands under a key, and when it ends.
struct table_entry {
  stored_value stored;
  wall_time expires = never;

  static constexpr wall_time never = wall_time::max();
  bool is_over(wall_time now) const noexcept { return expires <= now; }
};

/// Keys, values and versions in memory: what the memory and file adapters share. Values may be secret, so
/// they are wiped when they are replaced, erased or dropped. Versions rise over the whole table: a key that
/// was erased and made again never repeats one. An entry that is over is as good as absent, and goes when the
/// table grows or drop_expired is called.
class value_table {
 public:
  using entry_map = std::map<std::string, table_entry, std::less<>>;

  static constexpr std::size_t max_key = 512;
  static constexpr std::size_t max_value = 1 << 20;

  value_table() = default;
  value_table(const value_table&) = default;
  value_table(value_table&& other) noexcept;
  value_table& operator=(const value_table&) = delete;
  value_table& operator=(value_table&&) = delete;
  ~value_table();

  std::optional<stored_value> get(std::string_view key, wall_time now = wall_now()) const;
  bool put_if_absent(std::string key, std::vector<std::byte> value, wall_time now = wall_now(),
                     wall_time expires = table_entry::never);
  bool compare_exchange(std::string_view key, std::uint64_t version, std::vector<std::byte> value,
                        wall_time now = wall_now());
  bool erase(std::string_view key, wall_time now = wall_now());
  std::vector<std::string> list(std::string_view prefix, wall_time now = wall_now()) const;
  void drop_expired(wall_time now);

  const entry_map& entries() const noexcept { return entries_; }
  std::uint64_t next_version() const noexcept { return next_version_; }
  /// For a parser: false unless keys come in ascending order and every version is below `next_version`.
  bool restore(std::uint64_t next_version, std::string key, table_entry entry);
  void restore_version(std::uint64_t next_version) noexcept { next_version_ = next_version; }

  static bool key_fits(std::string_view key) noexcept { return !key.empty() && key.size() <= max_key; }
  static bool fits(std::string_view key, const std::vector<std::byte>& value) noexcept {
    return key_fits(key) && value.size() <= max_value;
  }
  static bool lifetime_fits(std::chrono::milliseconds lifetime) noexcept {
    return lifetime.count() > 0 && lifetime <= max_lifetime;
  }

 private:
  entry_map::iterator find(std::string_view key, wall_time now);

  entry_map entries_;
  std::size_t sweep_at_ = 64;  // entries that are over go when the table has doubled
  std::uint64_t next_version_ = 1;
};

}  // namespace coseal
