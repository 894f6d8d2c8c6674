#include "trust/storage/value_table.hpp"

#include "crypto/secret.hpp"

#include <algorithm>

namespace coseal {

value_table::value_table(value_table&& other) noexcept
    : entries_(std::move(other.entries_)), sweep_at_(other.sweep_at_), next_version_(other.next_version_) {
  other.entries_.clear();
}

value_table::~value_table() {
  for (auto& [key, entry] : entries_) wipe(entry.stored.value);
}

value_table::entry_map::iterator value_table::find(std::string_view key, wall_time now) {
  const auto found = entries_.find(key);
  return found == entries_.end() || found->second.is_over(now) ? entries_.end() : found;
}

std::optional<stored_value> value_table::get(std::string_view key, wall_time now) const {
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.is_over(now)) return std::nullopt;
  return found->second.stored;
}

bool value_table::put_if_absent(std::string key, std::vector<std::byte> value, wall_time now,
                                wall_time expires) {
  if (entries_.size() >= sweep_at_) {
    drop_expired(now);
    sweep_at_ = std::max<std::size_t>(64, 2 * entries_.size());
  }
  auto& entry = entries_[std::move(key)];
  if (entry.stored.version != 0 && !entry.is_over(now)) {
    wipe(value);
    return false;
  }
  wipe(entry.stored.value);
  entry.stored = stored_value(std::move(value), next_version_++);
  entry.expires = expires;
  return true;
}

bool value_table::compare_exchange(std::string_view key, std::uint64_t version, std::vector<std::byte> value,
                                   wall_time now) {
  const auto found = find(key, now);
  if (found == entries_.end() || found->second.stored.version != version) {
    wipe(value);
    return false;
  }
  wipe(found->second.stored.value);
  found->second.stored = stored_value(std::move(value), next_version_++);
  return true;
}

bool value_table::erase(std::string_view key, wall_time now) {
  const auto found = find(key, now);
  if (found == entries_.end()) return false;
  wipe(found->second.stored.value);
  entries_.erase(found);
  return true;
}

std::vector<std::string> value_table::list(std::string_view prefix, wall_time now) const {
  std::vector<std::string> keys;
  for (auto at = entries_.lower_bound(prefix); at != entries_.end() && at->first.starts_with(prefix); ++at)
    if (!at->second.is_over(now)) keys.push_back(at->first);
  return keys;
}

void value_table::drop_expired(wall_time now) {
  for (auto at = entries_.begin(); at != entries_.end();) {
    if (!at->second.is_over(now)) {
      ++at;
      continue;
    }
    wipe(at->second.stored.value);
    at = entries_.erase(at);
  }
}

bool value_table::restore(std::uint64_t next_version, std::string key, table_entry entry) {
  const bool ascending = entries_.empty() || entries_.rbegin()->first < key;
  const std::uint64_t version = entry.stored.version;
  if (!ascending || version == 0 || version >= next_version || !fits(key, entry.stored.value)) {
    wipe(entry.stored.value);
    return false;
  }
  entries_.emplace_hint(entries_.end(), std::move(key), std::move(entry));
  return true;
}

}  // namespace coseal
