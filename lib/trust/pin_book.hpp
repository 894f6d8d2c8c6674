#pragma once

#include "trust/succession.hpp"
#include "trust/trust_clock.hpp"

#include <coseal/endpoint.hpp>
#include <coseal/pins.hpp>

#include <memory>
#include <optional>
#include <string>

namespace coseal {

/// What a peer proved about itself in a handshake.
struct peer_claim {
  peer_role role = peer_role::connector;
  coordinate where;  ///< the full coordinate it shows
  coordinate
      pin_name;  ///< what it is pinned under: of a connector `where`, of an acceptor what was asked for
  public_key key;
  succession_chain succession;
  security_level level = security_level::none;
  std::string source;  ///< an address prefix for the rate of new pins; empty: not counted
};

/// Evidence that the trust policy admits a peer; only pin_book makes it. commit() writes what it stands for.
class peer_pinned {
 public:
  const peer_claim& claim() const noexcept { return claim_; }
  bool first_contact() const noexcept { return first_contact_; }
  /// On the connector: the level asked for is below the strongest one recorded; worth a warning, not a
  /// refusal.
  bool below_record() const noexcept { return below_record_; }

 private:
  friend class pin_book;
  peer_pinned() = default;
  peer_claim claim_;
  bool first_contact_ = false;
  bool below_record_ = false;
  bool must_write_ = false;
};

/// The pins and the ledger of one endpoint. Thread-safe.
class pin_book {
 public:
  pin_book(std::shared_ptr<storage> store, trust_options options, trust_clock clock = {});

  /// errc::key_changed, not_pinned, revoked, level_below_record, busy, bad_succession, condition::storage.
  /// Writes nothing. A claim at level none, which proves nothing, is errc::invalid_option; one whose
  /// `pin_name` is empty or does not match `where` is errc::coordinate_refused.
  task<result<peer_pinned>> check(peer_claim claim);
  /// The same for a peer that has proved itself before: one without a pin is errc::not_pinned, and nobody is
  /// asked.
  task<result<peer_pinned>> check_known(peer_claim claim);
  /// Writes the pin, the ledger and the day last seen, if any of them changed; after ACCEPT only. A racing
  /// first contact with another key loses with errc::key_changed; a pin that went meanwhile is
  /// errc::not_pinned.
  task<result<void>> commit(peer_pinned peer);
  /// May `where` be claimed without proof (level none)? errc::level_below_record, revoked.
  task<result<void>> check_unproved(coordinate where);
  /// The pin under this name, if any; for error texts that show both fingerprints.
  task<result<std::optional<pin>>> find(peer_role role, coordinate name);

 private:
  struct state;
  enum class newcomers { by_policy, refused };
  static task<result<peer_pinned>> check(std::shared_ptr<state> self, peer_claim claim, newcomers how);
  std::shared_ptr<state> state_;
};

}  // namespace coseal
