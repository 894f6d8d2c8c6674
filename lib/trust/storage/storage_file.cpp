#include "trust/storage/storage_file.hpp"

#include "bytes/reader.hpp"
#include "bytes/writer.hpp"
#include "crypto/hash.hpp"

#include <coseal/error.hpp>

#include <algorithm>
#include <limits>
#include <string_view>

namespace coseal {
namespace {

constexpr std::string_view file_magic = "coseal store";
constexpr std::uint16_t plain_format = 1;
constexpr std::uint16_t format_with_ends = 2;
constexpr std::size_t head_size = file_magic.size() + 2 + 8 + 4;

bool anything_ends(const value_table& table) noexcept {
  return std::ranges::any_of(table.entries(),
                             [](const auto& each) { return each.second.expires != table_entry::never; });
}

/// False for a time that writing would not give back.
bool read_end(reader& in, wall_time& end) {
  const std::uint64_t ms = in.u64();
  if (ms > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() - 1)) return false;
  end = ms == 0 ? table_entry::never : wall_time(std::chrono::milliseconds(ms));
  return true;
}

}  // namespace

result<value_table> parse_storage_file(std::span<const std::byte> file) {
  if (file.size() < head_size + sizeof(digest) || file.size() > max_storage_file)
    return errc::storage_corrupt;
  const auto body = file.first(file.size() - sizeof(digest));
  if (!equal_constant_time(sha256::of(body), file.last(sizeof(digest)))) return errc::storage_corrupt;

  reader in(body);
  if (as_text(in.bytes(file_magic.size())) != file_magic) return errc::storage_corrupt;
  const std::uint16_t format = in.u16();
  if (format != plain_format && format != format_with_ends) return errc::storage_corrupt;
  const std::uint64_t next_version = in.u64();
  const std::uint32_t count = in.u32();
  if (next_version == 0) return errc::storage_corrupt;

  value_table table;
  for (std::uint32_t i = 0; i < count; ++i) {
    table_entry entry;
    entry.stored.version = in.u64();
    if (format == format_with_ends && !read_end(in, entry.expires)) return errc::storage_corrupt;
    std::string key = as_text(in.vec16());
    const auto value = in.bytes(in.u32());
    if (in.failed()) return errc::storage_corrupt;
    entry.stored.value.assign(value.begin(), value.end());
    if (!table.restore(next_version, std::move(key), std::move(entry))) return errc::storage_corrupt;
  }
  if (!in.complete() || anything_ends(table) != (format == format_with_ends)) return errc::storage_corrupt;
  table.restore_version(next_version);
  return table;
}

std::vector<std::byte> write_storage_file(const value_table& table) {
  std::size_t size = head_size + sizeof(digest);
  for (const auto& [key, entry] : table.entries())
    size += 8 + 8 + 2 + key.size() + 4 + entry.stored.value.size();
  const bool ends = anything_ends(table);

  writer out;
  out.reserve(size);  // growing would leave unwiped copies of secrets behind
  out.text(file_magic);
  out.u16(ends ? format_with_ends : plain_format);
  out.u64(table.next_version());
  out.u32(static_cast<std::uint32_t>(table.entries().size()));
  for (const auto& [key, entry] : table.entries()) {
    out.u64(entry.stored.version);
    const bool stays = entry.expires == table_entry::never;
    if (ends) out.u64(stays ? 0 : static_cast<std::uint64_t>(entry.expires.time_since_epoch().count()));
    out.vec16(std::as_bytes(std::span(key)));
    out.u32(static_cast<std::uint32_t>(entry.stored.value.size()));
    out.bytes(entry.stored.value);
  }
  out.bytes(sha256::of(out.view()));
  return std::move(out).take();
}

}  // namespace coseal
