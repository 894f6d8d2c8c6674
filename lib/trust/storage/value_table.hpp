#pragma once

#include <coseal/storage.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coseal {

/// Keys, values and versions in memory: what the memory and file adapters share. Values may be secret, so
/// they are wiped when they are replaced, erased or dropped. Versions rise over the whole table: a key that
/// was erased and made again never repeats one.
class value_table {
 public:
  using entry_map = std::map<std::string, stored_value, std::less<>>;

  static constexpr std::size_t max_key = 512;
  static constexpr std::size_t max_value = 1 << 20;

  value_table() = default;
  value_table(const value_table&) = default;
  value_table(value_table&& other) noexcept;
  value_table& operator=(const value_table&) = delete;
  value_table& operator=(value_table&&) = delete;
  ~value_table();

  std::optional<stored_value> get(std::string_view key) const;
  bool put_if_absent(std::string key, std::vector<std::byte> value);
  bool compare_exchange(std::string_view key, std::uint64_t version, std::vector<std::byte> value);
  bool erase(std::string_view key);
  std::vector<std::string> list(std::string_view prefix) const;

  const entry_map& entries() const noexcept { return entries_; }
  std::uint64_t next_version() const noexcept { return next_version_; }
  /// For a parser: false unless keys come in ascending order and every version is below `next_version`.
  bool restore(std::uint64_t next_version, std::string key, stored_value value);
  void restore_version(std::uint64_t next_version) noexcept { next_version_ = next_version; }

  static bool key_fits(std::string_view key) noexcept { return !key.empty() && key.size() <= max_key; }
  static bool fits(std::string_view key, const std::vector<std::byte>& value) noexcept {
    return key_fits(key) && value.size() <= max_value;
  }

 private:
  entry_map entries_;
  std::uint64_t next_version_ = 1;
};

}  // namespace coseal
