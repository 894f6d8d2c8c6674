#pragma once

#include <memory>
#include <string>

#include <coseal/asio.hpp>
#include <coseal/coordinate.hpp>
#include <coseal/public_key.hpp>
#include <coseal/result.hpp>
#include <coseal/storage.hpp>

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
  provisioned_identity(public_key k, std::string id, bool made) : key(k), instance(std::move(id)), created(made) {}
};

/// Makes the identity once, out of band; idempotent and safe to race. Errors: condition::storage.
task<result<provisioned_identity>> provision_identity(std::shared_ptr<storage> store);

}  // namespace coseal
