#include "trust/pin_record.hpp"

#include "bytes/reader.hpp"
#include "bytes/writer.hpp"

#include <coseal/error.hpp>

#include <algorithm>

namespace coseal {
namespace {

constexpr std::uint8_t pin_format = 1;
constexpr std::string_view connector_prefix = "pin/connector/";
constexpr std::string_view acceptor_prefix = "pin/acceptor/";
// The system clock's nanoseconds end in 2262.
constexpr std::uint64_t max_days = 104'000;
constexpr std::uint64_t max_seconds = max_days * 86'400;

/// A clock that is far off must not make a pin that can not be read again.
template <typename Time>
std::uint64_t since_1970(Time time, std::uint64_t latest) noexcept {
  const auto n = time.time_since_epoch().count();
  return n < 0 ? 0 : std::min(static_cast<std::uint64_t>(n), latest);
}

}  // namespace

result<pin_record> parse_pin_record(std::span<const std::byte> bytes) noexcept {
  reader in(bytes);
  if (in.u8() != pin_format) return errc::storage_corrupt;
  pin_record record;
  record.key.bytes = in.array<32>();
  const auto strongest = security_level_from(in.u8());
  const std::uint8_t revoked = in.u8();
  const std::uint64_t first_seen = in.u64();
  const std::uint64_t last_seen = in.u64();
  record.succession_serial = in.u64();
  if (!in.complete() || !strongest || revoked > 1 || first_seen > max_seconds || last_seen > max_days)
    return errc::storage_corrupt;
  record.strongest = *strongest;
  record.revoked = revoked == 1;
  record.first_seen = std::chrono::sys_seconds(std::chrono::seconds(first_seen));
  record.last_seen = std::chrono::sys_days(std::chrono::days(last_seen));
  return record;
}

std::vector<std::byte> write_pin_record(const pin_record& record) {
  writer out;
  out.reserve(1 + 32 + 1 + 1 + 3 * 8);
  out.u8(pin_format);
  out.bytes(record.key.bytes);
  out.u8(static_cast<std::uint8_t>(record.strongest));
  out.u8(record.revoked ? 1 : 0);
  out.u64(since_1970(record.first_seen, max_seconds));
  out.u64(since_1970(record.last_seen, max_days));
  out.u64(record.succession_serial);
  return std::move(out).take();
}

std::string pin_key(peer_role role, const coordinate& name) {
  std::string key(role == peer_role::connector ? connector_prefix : acceptor_prefix);
  key += name.environment();
  if (!name.instance().empty()) {
    key += '/';
    key += name.instance();
  }
  return key;
}

std::optional<pin_name> parse_pin_key(std::string_view key) {
  pin_name name;
  if (key.starts_with(connector_prefix)) {
    key.remove_prefix(connector_prefix.size());
  } else if (key.starts_with(acceptor_prefix)) {
    name.role = peer_role::acceptor;
    key.remove_prefix(acceptor_prefix.size());
  } else {
    return std::nullopt;
  }
  auto where = coordinate::parse(key);
  if (!where) return std::nullopt;
  name.where = *std::move(where);
  return name;
}

pin to_pin(peer_role role, coordinate where, const pin_record& record) {
  pin out;
  out.role = role;
  out.where = std::move(where);
  out.key = record.key;
  out.first_seen = record.first_seen;
  out.last_seen = record.last_seen;
  out.strongest = record.strongest;
  out.succession_serial = record.succession_serial;
  out.revoked = record.revoked;
  return out;
}

}  // namespace coseal
