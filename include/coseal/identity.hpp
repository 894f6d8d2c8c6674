#pragma once

#include <coseal/asio.hpp>
#include <coseal/coordinate.hpp>
#include <coseal/public_key.hpp>
#include <coseal/result.hpp>
#include <coseal/storage.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace coseal {

/// What an endpoint does when its storage holds no identity.
enum class identity_mode {
  create_if_missing,  ///< make one with put_if_absent and read it back: of racing processes all get the same
  required,           ///< fail with errc::identity_missing; for stores that may serve stale reads
};

/// What provision_identity found or made.
struct provisioned_identity {
  public_key key;
  std::string instance;  ///< the instance id kept with the identity
  bool created = false;  ///< false if it was there already

  provisioned_identity() = default;
  provisioned_identity(public_key k, std::string id, bool made)
      : key(k), instance(std::move(id)), created(made) {}
};

/// Makes the identity once, out of band; idempotent and safe to race. Errors: condition::storage.
task<result<provisioned_identity>> provision_identity(std::shared_ptr<storage> store);

/// Puts a new key in place of the old one, with a succession statement that lets peers which pinned the old
/// key follow. The statement names `where`; an empty instance stands for the identity's own. Running
/// endpoints take the new key up within 10 s. Errors: condition::storage, errc::identity_missing,
/// errc::invalid_coordinate.
task<result<public_key>> rotate_identity(std::shared_ptr<storage> store, coordinate where);

/// The whole identity, key rings included, sealed under a passphrase: for a backup or for another process
/// that serves the same coordinate. Errors: condition::storage, errc::identity_missing.
task<result<std::vector<std::byte>>> export_identity(std::shared_ptr<storage> store, std::string passphrase);

/// Puts an exported identity into a store that has none; idempotent. errc::identity_exists if there is
/// another one, errc::wrong_passphrase, errc::malformed_message, errc::identity_corrupt, condition::storage.
task<result<provisioned_identity>> import_identity(std::shared_ptr<storage> store, std::vector<std::byte> box,
                                                   std::string passphrase);

}  // namespace coseal
