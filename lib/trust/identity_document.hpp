#pragma once

#include "crypto/secret.hpp"
#include "crypto/signature.hpp"
#include "trust/succession.hpp"

#include <coseal/coordinate.hpp>
#include <coseal/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace coseal {

using unix_ms = std::chrono::sys_time<std::chrono::milliseconds>;

/// One random key of a ring, named by its id in what it sealed.
struct ring_key {
  std::uint32_t id = 0;
  secret32 key;
  unix_ms created;
};

/// Keys in ascending order of id. The last one is published early and not yet used, so that every process
/// knows it before anybody seals under it; the one before it is current since the last was created; older
/// ones only open.
struct key_ring {
  std::vector<ring_key> keys;  ///< never fewer than two

  const ring_key& current() const noexcept { return keys[keys.size() - 2]; }
  const ring_key& next() const noexcept { return keys.back(); }
  /// Null for an unknown id.
  const ring_key* find(std::uint32_t id) const noexcept;
};

/// How often a ring rolls, and how long a key still opens after it ceased to be current.
struct ring_schedule {
  std::chrono::hours period;
  std::chrono::hours kept;
};
inline constexpr ring_schedule request_schedule{std::chrono::hours(12), std::chrono::hours(12)};
inline constexpr ring_schedule ticket_schedule{std::chrono::hours(24), std::chrono::hours(7 * 24)};

inline constexpr std::size_t max_ring_keys = 16;

/// All that makes a runtime itself, stored under one key:
///
///     "coseal identity" | u8 1 | seed[32] | vec8 instance | u64 auth epoch | u64 created, ms since 1970 |
///     succession
///       | request ring | ticket ring | first 16 bytes of SHA-256 over all before
///     ring = u8 count (2 to 16) | count x { u32 id | key[32] | u64 created, ms }      ids ascending
///
/// The public key is derived from the seed, so that the two can not disagree.
struct identity_document {
  secret32 seed;
  std::string instance;
  std::uint64_t auth_epoch = 0;
  unix_ms created;
  succession_chain succession;
  key_ring request_ring;
  key_ring ticket_ring;

  signing_key key() const { return signing_key(seed); }
  std::uint64_t succession_serial() const noexcept {
    return succession.empty() ? 0 : succession.back().serial;
  }
};

/// The key in the store that holds the document.
inline constexpr const char* identity_key = "identity";

/// A new identity: random seed, instance id and rings.
identity_document make_identity(unix_ms now);

/// errc::identity_corrupt on anything but what write_identity_document wrote.
result<identity_document> parse_identity_document(std::span<const std::byte> bytes);
/// The bytes are secret: the caller wipes them.
std::vector<std::byte> write_identity_document(const identity_document& document);

/// Rolls the rings whose time has come and drops the keys that nothing valid is sealed under; true if any
/// changed.
bool roll_rings(identity_document& document, unix_ms now);

/// A new key in place of the old one, with the statement that leads from one to the other for `where`; the
/// oldest statement goes when there are more than max_succession. errc::invalid_coordinate if `where` names
/// no environment.
result<identity_document> rotate_key(identity_document document, coordinate where);

}  // namespace coseal
