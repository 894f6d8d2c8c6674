#include "trust/storage/value_table.hpp"

#include "crypto/secret.hpp"

namespace coseal {

value_table::value_table(value_table&& other) noexcept
    : entries_(std::move(other.entries_)), next_version_(other.next_version_) {
  other.entries_.clear();
}

value_table::~value_table() {
  for (auto& [key, stored] : entries_) wipe(stored.value);
}

std::optional<stored_value> value_table::get(std::string_view key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  return found->second;
}

bool value_table::put_if_absent(std::string key, std::vector<std::byte> value) {
  const auto [place, made] = entries_.try_emplace(std::move(key));
  if (!made) {
    wipe(value);
    return false;
  }
  place->second = stored_value(std::move(value), next_version_++);
  return true;
}

bool value_table::compare_exchange(std::string_view key, std::uint64_t version,
                                   std::vector<std::byte> value) {
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.version != version) {
    wipe(value);
    return false;
  }
  wipe(found->second.value);
  found->second = stored_value(std::move(value), next_version_++);
  return true;
}

bool value_table::erase(std::string_view key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return false;
  wipe(found->second.value);
  entries_.erase(found);
  return true;
}

std::vector<std::string> value_table::list(std::string_view prefix) const {
  std::vector<std::string> keys;
  for (auto at = entries_.lower_bound(prefix); at != entries_.end() && at->first.starts_with(prefix); ++at)
    keys.push_back(at->first);
  return keys;
}

bool value_table::restore(std::uint64_t next_version, std::string key, stored_value value) {
  const bool ascending = entries_.empty() || entries_.rbegin()->first < key;
  if (!ascending || value.version == 0 || value.version >= next_version || !fits(key, value.value)) {
    wipe(value.value);
    return false;
  }
  entries_.emplace_hint(entries_.end(), std::move(key), std::move(value));
  return true;
}

}  // namespace coseal
