#include "trust/identity_store.hpp"

#include "crypto/secret.hpp"

#include <coseal/error.hpp>

#include <chrono>

namespace coseal {
namespace {

// An eventually consistent store may miss what was just written; each further try asks it anew.
constexpr int read_back_tries = 8;

unix_ms now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

task<result<std::optional<stored_identity>>> read_identity(std::shared_ptr<storage> store) {
  auto found = co_await store->get(identity_key);
  if (!found) co_return found.error();
  if (!found->has_value()) co_return std::optional<stored_identity>();

  stored_value& stored = **found;
  auto document = parse_identity_document(stored.value);
  wipe(stored.value);
  if (!document) co_return document.error();
  std::optional<stored_identity> identity(std::in_place);
  identity->document = *std::move(document);
  identity->version = stored.version;
  co_return identity;
}

task<result<stored_identity>> load_identity(std::shared_ptr<storage> store, identity_mode mode) {
  auto found = co_await read_identity(store);
  if (!found) co_return found.error();
  if (found->has_value()) co_return std::move(**found);
  if (mode == identity_mode::required) co_return errc::identity_missing;

  const identity_document fresh = make_identity(now());
  const auto put = co_await store->put_if_absent(identity_key, write_identity_document(fresh));
  if (!put) co_return put.error();
  // Whoever won, the store's word is what counts: ours may have been lost, another's may be there.
  auto stored = co_await read_back_identity(store);
  if (stored) stored->created = *put && equal_constant_time(stored->document.seed.view(), fresh.seed.view());
  co_return stored;
}

task<result<stored_identity>> adopt_identity(std::shared_ptr<storage> store, identity_document document) {
  const auto put = co_await store->put_if_absent(identity_key, write_identity_document(document));
  if (!put) co_return put.error();
  auto stored = co_await read_back_identity(store);
  if (!stored) co_return stored.error();
  if (!equal_constant_time(stored->document.seed.view(), document.seed.view()))
    co_return errc::identity_exists;
  stored->created = *put;
  co_return stored;
}

task<result<stored_identity>> read_back_identity(std::shared_ptr<storage> store) {
  for (int i = 0; i < read_back_tries; ++i) {
    auto stored = co_await read_identity(store);
    if (!stored) co_return stored.error();
    if (stored->has_value()) co_return std::move(**stored);
  }
  co_return errc::storage_failed;
}

}  // namespace coseal
