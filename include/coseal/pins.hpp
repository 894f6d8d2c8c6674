#pragma once

#include <coseal/asio.hpp>
#include <coseal/coordinate.hpp>
#include <coseal/public_key.hpp>
#include <coseal/result.hpp>
#include <coseal/security_level.hpp>
#include <coseal/storage.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace coseal {

/// The role that the *peer* had when it was pinned.
enum class peer_role : std::uint8_t { connector, acceptor };

/// What is remembered of a peer.
struct pin {
  peer_role role = peer_role::connector;
  coordinate where;
  public_key key;
  std::chrono::system_clock::time_point first_seen;
  std::chrono::system_clock::time_point last_seen;  ///< kept to the day: a handshake does not write for it
  security_level strongest = security_level::none;
  std::uint64_t succession_serial = 0;
  bool revoked = false;
};

/// The pins in `store`, for people and tools. Errors: condition::storage.
task<result<std::vector<pin>>> list_pins(std::shared_ptr<storage> store);
/// Removes a pin: the next contact is a first one. True if it was there.
task<result<bool>> forget_pin(std::shared_ptr<storage> store, peer_role role, coordinate where);
/// Replaces or makes a pin by hand, after a person compared fingerprints; clears the level ledger and a
/// revocation.
task<result<void>> accept_pin(std::shared_ptr<storage> store, peer_role role, coordinate where,
                              public_key key);
/// Keeps the pin and refuses its key from now on (errc::revoked). True if it was there.
task<result<bool>> revoke_pin(std::shared_ptr<storage> store, peer_role role, coordinate where);

}  // namespace coseal
