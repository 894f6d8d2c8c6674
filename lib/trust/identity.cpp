#include "crypto/secret.hpp"
#include "crypto/token.hpp"
#include "trust/identity_document.hpp"
#include "trust/identity_store.hpp"

#include <coseal/error.hpp>
#include <coseal/identity.hpp>

namespace coseal {
namespace {

constexpr int write_tries = 8;

/// Wipes bytes however the scope is left; running out of memory for Argon2 is an exception.
class wiped_at_exit {
 public:
  explicit wiped_at_exit(std::span<std::byte> bytes) noexcept : bytes_(bytes) {}
  wiped_at_exit(const wiped_at_exit&) = delete;
  wiped_at_exit& operator=(const wiped_at_exit&) = delete;
  ~wiped_at_exit() { wipe(bytes_); }

 private:
  std::span<std::byte> bytes_;
};

provisioned_identity describe(const identity_document& document, bool created) {
  return provisioned_identity(document.key().public_part(), document.instance, created);
}

task<result<stored_identity>> require_identity(std::shared_ptr<storage> store) {
  return load_identity(std::move(store), identity_mode::required);
}

}  // namespace

task<result<provisioned_identity>> provision_identity(std::shared_ptr<storage> store) {
  const auto stored = co_await load_identity(store, identity_mode::create_if_missing);
  if (!stored) co_return stored.error();
  co_return describe(stored->document, stored->created);
}

task<result<public_key>> rotate_identity(std::shared_ptr<storage> store, coordinate where) {
  for (int i = 0; i < write_tries; ++i) {
    auto stored = co_await require_identity(store);
    if (!stored) co_return stored.error();
    const auto version = stored->version;
    const auto named = where.instance().empty() && !where.empty()
                           ? coordinate(where.environment(), stored->document.instance)
                           : where;
    const auto rotated = rotate_key(std::move(stored->document), named);
    if (!rotated) co_return rotated.error();
    const auto written =
        co_await store->compare_exchange(identity_key, version, write_identity_document(*rotated));
    if (!written) co_return written.error();
    if (*written) co_return rotated->key().public_part();
  }
  co_return errc::storage_failed;
}

task<result<std::vector<std::byte>>> export_identity(std::shared_ptr<storage> store, std::string passphrase) {
  const wiped_at_exit no_passphrase(std::as_writable_bytes(std::span(passphrase)));
  const auto stored = co_await require_identity(store);
  if (!stored) co_return stored.error();
  auto bytes = write_identity_document(stored->document);
  const wiped_at_exit no_bytes(bytes);
  co_return seal_with_passphrase(passphrase, bytes);
}

task<result<provisioned_identity>> import_identity(std::shared_ptr<storage> store, std::vector<std::byte> box,
                                                   std::string passphrase) {
  const wiped_at_exit no_passphrase(std::as_writable_bytes(std::span(passphrase)));
  auto opened = open_with_passphrase(passphrase, box);
  if (!opened) co_return opened.error();
  const wiped_at_exit no_bytes(*opened);
  auto document = parse_identity_document(*opened);
  if (!document) co_return document.error();
  const auto stored = co_await adopt_identity(store, *std::move(document));
  if (!stored) co_return stored.error();
  co_return describe(stored->document, stored->created);
}

}  // namespace coseal
