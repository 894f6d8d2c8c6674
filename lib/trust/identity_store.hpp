#pragma once

#include "trust/identity_document.hpp"

#include <coseal/asio.hpp>
#include <coseal/identity.hpp>
#include <coseal/result.hpp>
#include <coseal/storage.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace coseal {

/// The identity document as it stands in a store.
struct stored_identity {
  identity_document document;
  std::uint64_t version = 0;  ///< for storage::compare_exchange
  bool created = false;       ///< by this call
};

/// Empty only if the store says that there is none. Errors: condition::storage.
task<result<std::optional<stored_identity>>> read_identity(std::shared_ptr<storage> store);

/// As read_identity, and where there is none acts by `mode`. Of racing callers, in whatever process, all get
/// the same identity; a store that knows of one and does not show it is errc::storage_failed.
task<result<stored_identity>> load_identity(std::shared_ptr<storage> store, identity_mode mode);

/// Reads what is known to be there, asking a store that may miss it a bounded number of times;
/// errc::storage_failed.
task<result<stored_identity>> read_back_identity(std::shared_ptr<storage> store);

/// Puts a given identity into a store that has none; idempotent. errc::identity_exists if another is there.
task<result<stored_identity>> adopt_identity(std::shared_ptr<storage> store, identity_document document);

}  // namespace coseal
