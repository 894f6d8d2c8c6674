#pragma once

#include "crypto/signature.hpp"
#include "observe/observation.hpp"
#include "trust/identity_document.hpp"
#include "trust/pin_book.hpp"
#include "trust/session_book.hpp"
#include "trust/succession.hpp"
#include "trust/trust_clock.hpp"

#include <coseal/endpoint.hpp>

#include <cstdint>
#include <memory>

namespace coseal {

/// The identity as the handshake uses it: immutable, shared by all handshakes that run while it is current.
struct loaded_identity {
  signing_key key;
  coordinate
      where;  ///< the endpoint's; the instance is the identity document's unless the endpoint names one
  succession_chain succession;
  std::uint64_t auth_epoch = 0;
  key_ring request_ring{};
  key_ring ticket_ring{};
};

/// Which of an identity's rings.
enum class ring_kind { request, ticket };

inline const key_ring& ring_of(const loaded_identity& own, ring_kind kind) noexcept {
  return kind == ring_kind::request ? own.request_ring : own.ticket_ring;
}

class endpoint::state {
 public:
  state(coordinate who, std::shared_ptr<storage> store, identity_mode mode, trust_options trust,
        trust_clock clock = {});

  /// Loads or makes the identity; cached, re-read when 10 s old. Once loaded it is never made again
  /// (errc::storage_failed if it goes), and a stale read does not bring an older key or auth epoch back.
  task<result<std::shared_ptr<const loaded_identity>>> identity();
  /// The same for who seals tokens: first rolls the rings in the store if their time has come. A store that
  /// can not be written now leaves the ring as it is; asked again after 10 s.
  task<result<std::shared_ptr<const loaded_identity>>> identity_with_current_ring(
      ring_kind kind = ring_kind::request);
  /// The same for who met a token under a key that is not in the ring: reads the store again, at most once a
  /// second.
  task<result<std::shared_ptr<const loaded_identity>>> identity_with_ring_key(
      std::uint32_t id, ring_kind kind = ring_kind::request);
  pin_book& pins() noexcept { return pins_; }
  session_book& sessions() noexcept { return sessions_; }
  const coordinate& who() const noexcept { return who_; }
  const std::shared_ptr<storage>& store() const noexcept { return store_; }
  const trust_options& trust() const noexcept { return trust_; }
  /// Changed by nobody once there are sessions.
  observation& watched() noexcept { return watched_; }

 private:
  coordinate who_;
  std::shared_ptr<storage> store_;
  identity_mode mode_;
  trust_options trust_;
  trust_clock clock_;
  pin_book pins_;
  observation watched_;
  session_book sessions_;
  struct cache;
  task<result<std::shared_ptr<const loaded_identity>>> read_identity_again();
  task<void> roll_rings_in_store();
  std::shared_ptr<cache> cache_;
};

}  // namespace coseal
