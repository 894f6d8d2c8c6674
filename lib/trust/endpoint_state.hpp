#pragma once

#include "crypto/signature.hpp"
#include "trust/pin_book.hpp"
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
};

class endpoint::state {
 public:
  state(coordinate who, std::shared_ptr<storage> store, identity_mode mode, trust_options trust,
        trust_clock clock = {});

  /// Loads or makes the identity; cached, re-read when 10 s old. Once loaded it is never made again
  /// (errc::storage_failed if it goes), and a stale read does not bring an older key or auth epoch back.
  task<result<std::shared_ptr<const loaded_identity>>> identity();
  pin_book& pins() noexcept { return pins_; }
  const coordinate& who() const noexcept { return who_; }
  const std::shared_ptr<storage>& store() const noexcept { return store_; }
  const trust_options& trust() const noexcept { return trust_; }

 private:
  coordinate who_;
  std::shared_ptr<storage> store_;
  identity_mode mode_;
  trust_options trust_;
  trust_clock clock_;
  pin_book pins_;
  struct cache;
  std::shared_ptr<cache> cache_;
};

}  // namespace coseal
