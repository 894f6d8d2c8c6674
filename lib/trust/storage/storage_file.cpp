#include "trust/storage/storage_file.hpp"

#include "bytes/reader.hpp"
#include "bytes/writer.hpp"
#include "crypto/hash.hpp"

#include <coseal/error.hpp>

#include <string_view>

namespace coseal {
namespace {

constexpr std::string_view file_magic = "coseal store";
constexpr std::uint16_t file_format = 1;
constexpr std::size_t head_size = file_magic.size() + 2 + 8 + 4;

}  // namespace

result<value_table> parse_storage_file(std::span<const std::byte> file) {
  if (file.size() < head_size + sizeof(digest) || file.size() > max_storage_file)
    return errc::storage_corrupt;
  const auto body = file.first(file.size() - sizeof(digest));
  if (!equal_constant_time(sha256::of(body), file.last(sizeof(digest)))) return errc::storage_corrupt;

  reader in(body);
  if (as_text(in.bytes(file_magic.size())) != file_magic || in.u16() != file_format)
    return errc::storage_corrupt;
  const std::uint64_t next_version = in.u64();
  const std::uint32_t count = in.u32();
  if (next_version == 0) return errc::storage_corrupt;

  value_table table;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t version = in.u64();
    std::string key = as_text(in.vec16());
    const auto value = in.bytes(in.u32());
    if (in.failed()) return errc::storage_corrupt;
    stored_value stored({value.begin(), value.end()}, version);
    if (!table.restore(next_version, std::move(key), std::move(stored))) return errc::storage_corrupt;
  }
  if (!in.complete()) return errc::storage_corrupt;
  table.restore_version(next_version);
  return table;
}

std::vector<std::byte> write_storage_file(const value_table& table) {
  std::size_t size = head_size + sizeof(digest);
  for (const auto& [key, stored] : table.entries()) size += 8 + 2 + key.size() + 4 + stored.value.size();

  writer out;
  out.reserve(size);  // growing would leave unwiped copies of secrets behind
  out.text(file_magic);
  out.u16(file_format);
  out.u64(table.next_version());
  out.u32(static_cast<std::uint32_t>(table.entries().size()));
  for (const auto& [key, stored] : table.entries()) {
    out.u64(stored.version);
    out.vec16(std::as_bytes(std::span(key)));
    out.u32(static_cast<std::uint32_t>(stored.value.size()));
    out.bytes(stored.value);
  }
  out.bytes(sha256::of(out.view()));
  return std::move(out).take();
}

}  // namespace coseal
