#include "crypto/secret.hpp"
#include "crypto/token.hpp"
#include "trust/identity_document.hpp"
#include "trust/identity_store.hpp"

#include <coseal/error.hpp>
#include <coseal/identity.hpp>

namespace coseal {
namespace {

constexpr int exchange_tries = 8;

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
  for (int i = 0; i < exchange_tries; ++i) {
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
  const auto stored = co_await require_identity(store);
  std::vector<std::byte> box;
  if (stored) {
    auto bytes = write_identity_document(stored->document);
    box = seal_with_passphrase(passphrase, bytes);
    wipe(bytes);
  }
  wipe(std::as_writable_bytes(std::span(passphrase)));
  if (!stored) co_return stored.error();
  co_return box;
}

task<result<provisioned_identity>> import_identity(std::shared_ptr<storage> store, std::vector<std::byte> box,
                                                   std::string passphrase) {
  auto opened = open_with_passphrase(passphrase, box);
  wipe(std::as_writable_bytes(std::span(passphrase)));
  if (!opened) co_return opened.error();
  const auto document = parse_identity_document(*opened);
  wipe(*opened);
  if (!document) co_return document.error();

  const auto put = co_await store->put_if_absent(identity_key, write_identity_document(*document));
  if (!put) co_return put.error();
  const auto stored = co_await read_back_identity(store);
  if (!stored) co_return stored.error();
  if (stored->document.key().public_part() != document->key().public_part()) co_return errc::identity_exists;
  co_return describe(stored->document, *put);
}

}  // namespace coseal
