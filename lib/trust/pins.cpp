#include "trust/pin_record.hpp"
#include "trust/pin_store.hpp"

#include <coseal/error.hpp>
#include <coseal/pins.hpp>

#include <chrono>

namespace coseal {

task<result<std::vector<pin>>> list_pins(std::shared_ptr<storage> store) {
  const auto keys = co_await store->list(std::string(pin_prefix));
  if (!keys) co_return keys.error();
  std::vector<pin> pins;
  for (const auto& key : *keys) {
    auto name = parse_pin_key(key);
    if (!name) co_return errc::storage_corrupt;
    const auto pinned = co_await read_pin(store, key);
    if (!pinned) co_return pinned.error();
    if (pinned->has_value()) pins.push_back(to_pin(name->role, std::move(name->where), (*pinned)->record));
  }
  co_return pins;
}

task<result<bool>> forget_pin(std::shared_ptr<storage> store, peer_role role, coordinate where) {
  if (where.empty()) co_return errc::invalid_coordinate;
  co_return co_await store->erase(pin_key(role, where));
}

task<result<void>> accept_pin(std::shared_ptr<storage> store, peer_role role, coordinate where,
                              public_key key) {
  if (where.empty()) co_return errc::invalid_coordinate;
  const std::string name = pin_key(role, where);
  const auto now = std::chrono::system_clock::now();
  pin_record accepted;
  accepted.key = key;
  accepted.first_seen = std::chrono::floor<std::chrono::seconds>(now);
  accepted.last_seen = std::chrono::floor<std::chrono::days>(now);

  for (int i = 0; i < pin_write_tries; ++i) {
    const auto old = co_await read_pin(store, name);
    // A pin that can not be read stays as it is: forget_pin is the way to say that it is worth nothing.
    if (!old) co_return old.error();
    result<bool> written = false;
    if (!old->has_value()) {
      written = co_await store->put_if_absent(name, write_pin_record(accepted));
    } else {
      if ((*old)->record.key == key) {
        accepted.first_seen = (*old)->record.first_seen;
        accepted.succession_serial = (*old)->record.succession_serial;
      }
      written = co_await store->compare_exchange(name, (*old)->version, write_pin_record(accepted));
    }
    if (!written) co_return written.error();
    if (*written) co_return result<void>();
  }
  co_return errc::storage_failed;
}

task<result<bool>> revoke_pin(std::shared_ptr<storage> store, peer_role role, coordinate where) {
  if (where.empty()) co_return errc::invalid_coordinate;
  const std::string name = pin_key(role, where);
  for (int i = 0; i < pin_write_tries; ++i) {
    auto pinned = co_await read_pin(store, name);
    if (!pinned) co_return pinned.error();
    if (!pinned->has_value()) co_return false;
    (*pinned)->record.revoked = true;
    const auto written =
        co_await store->compare_exchange(name, (*pinned)->version, write_pin_record((*pinned)->record));
    if (!written) co_return written.error();
    if (*written) co_return true;
  }
  co_return errc::storage_failed;
}

}  // namespace coseal
