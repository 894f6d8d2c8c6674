#include "trust/identity_document.hpp"

#include "bytes/reader.hpp"
#include "bytes/writer.hpp"
#include "crypto/hash.hpp"
#include "crypto/random.hpp"

#include <coseal/error.hpp>

#include <algorithm>
#include <limits>
#include <string_view>

namespace coseal {
namespace {

constexpr std::string_view document_magic = "coseal identity";
constexpr std::uint8_t document_format = 1;
constexpr std::size_t checksum_size = 16;
constexpr std::size_t max_document = 8192;  // above the largest legal one
constexpr std::size_t instance_size = 16;
// Nanoseconds in 64 bits, the system clock's, end in 2262.
constexpr std::uint64_t max_unix_ms = 9'000'000'000'000;

secret32 random_secret() noexcept {
  secret32 key;
  fill_random(key.writable());
  return key;
}

std::string make_instance() {
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::string id;
  for (const std::byte b : random_array<instance_size>())
    id += alphabet[std::to_integer<std::size_t>(b) & 31];
  return id;
}

void append_key(key_ring& ring, std::uint32_t id, unix_ms now) {
  ring_key fresh;
  fresh.id = id;
  fresh.key = random_secret();
  fresh.created = now;
  ring.keys.push_back(std::move(fresh));
}

key_ring make_ring(unix_ms now) {
  key_ring ring;
  append_key(ring, 1, now);
  append_key(ring, 2, now);
  return ring;
}

/// A clock that is far off must not make a document that can not be read again.
void write_time(writer& out, unix_ms time) {
  const auto ms = time.time_since_epoch().count();
  out.u64(ms < 0 ? 0 : std::min(static_cast<std::uint64_t>(ms), max_unix_ms));
}

unix_ms read_time(reader& in) noexcept {
  const std::uint64_t ms = in.u64();
  if (ms > max_unix_ms) in.fail();
  return unix_ms(std::chrono::milliseconds(in.failed() ? 0 : static_cast<std::int64_t>(ms)));
}

void write_ring(writer& out, const key_ring& ring) {
  out.u8(static_cast<std::uint8_t>(ring.keys.size()));
  for (const auto& key : ring.keys) {
    out.u32(key.id);
    out.bytes(key.key.view());
    write_time(out, key.created);
  }
}

key_ring read_ring(reader& in) {
  key_ring ring;
  const std::size_t count = in.u8();
  if (count < 2 || count > max_ring_keys) in.fail();
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    ring_key key;
    key.id = in.u32();
    std::ranges::copy(in.bytes(32), key.key.writable().begin());
    key.created = read_time(in);
    if (!ring.keys.empty() && key.id <= ring.keys.back().id) in.fail();
    ring.keys.push_back(std::move(key));
  }
  return ring;
}

bool roll_ring(key_ring& ring, unix_ms now, ring_schedule schedule) {
  const bool due = now >= ring.next().created + schedule.period;
  if (!due || ring.next().id == std::numeric_limits<std::uint32_t>::max()) return false;
  append_key(ring, ring.next().id + 1, now);
  // keys[2] was created when keys[0] ceased to be current.
  while (ring.keys.size() > 3 &&
         (ring.keys.size() > max_ring_keys || ring.keys[2].created + schedule.kept <= now))
    ring.keys.erase(ring.keys.begin());
  return true;
}

std::array<std::byte, checksum_size> checksum(std::span<const std::byte> body) noexcept {
  const digest whole = sha256::of(body);
  std::array<std::byte, checksum_size> cut;
  std::copy_n(whole.begin(), checksum_size, cut.begin());
  return cut;
}

}  // namespace

const ring_key* key_ring::find(std::uint32_t id) const noexcept {
  const auto found = std::ranges::find(keys, id, &ring_key::id);
  return found == keys.end() ? nullptr : &*found;
}

identity_document make_identity(unix_ms now) {
  identity_document document;
  document.seed = random_secret();
  document.instance = make_instance();
  document.created = now;
  document.request_ring = make_ring(now);
  document.ticket_ring = make_ring(now);
  return document;
}

result<identity_document> parse_identity_document(std::span<const std::byte> bytes) {
  if (bytes.size() < checksum_size || bytes.size() > max_document) return errc::identity_corrupt;
  const auto body = bytes.first(bytes.size() - checksum_size);
  if (!equal_constant_time(checksum(body), bytes.last(checksum_size))) return errc::identity_corrupt;

  reader in(body);
  const auto start = in.bytes(document_magic.size());
  if (!std::ranges::equal(start, std::as_bytes(std::span(document_magic))) || in.u8() != document_format)
    return errc::identity_corrupt;
  identity_document document;
  std::ranges::copy(in.bytes(32), document.seed.writable().begin());
  const auto instance = in.vec8();
  document.instance.assign(reinterpret_cast<const char*>(instance.data()), instance.size());
  document.auth_epoch = in.u64();
  document.created = read_time(in);
  document.succession = read_succession(in);
  document.request_ring = read_ring(in);
  document.ticket_ring = read_ring(in);
  if (!in.complete()) return errc::identity_corrupt;

  const auto named = coordinate::parse("-/" + document.instance);
  if (!named || named->instance().empty()) return errc::identity_corrupt;
  if (!document.succession.empty() && document.succession.back().next != document.key().public_part())
    return errc::identity_corrupt;
  return document;
}

std::vector<std::byte> write_identity_document(const identity_document& document) {
  writer out;
  out.reserve(max_document);  // growing would leave unwiped copies of the seed behind
  out.text(document_magic);
  out.u8(document_format);
  out.bytes(document.seed.view());
  out.vec8(document.instance);
  out.u64(document.auth_epoch);
  write_time(out, document.created);
  write_succession(out, document.succession);
  write_ring(out, document.request_ring);
  write_ring(out, document.ticket_ring);
  out.bytes(checksum(out.view()));
  return std::move(out).take();
}

bool roll_rings(identity_document& document, unix_ms now) {
  const bool request = roll_ring(document.request_ring, now, request_schedule);
  const bool ticket = roll_ring(document.ticket_ring, now, ticket_schedule);
  return request || ticket;
}

result<identity_document> rotate_key(identity_document document, coordinate where) {
  if (where.empty()) return errc::invalid_coordinate;
  const signing_key previous = document.key();
  document.seed = random_secret();
  document.succession.push_back(sign_succession(previous, document.key().public_part(), std::move(where),
                                                document.succession_serial() + 1));
  if (document.succession.size() > max_succession) document.succession.erase(document.succession.begin());
  return document;
}

}  // namespace coseal
