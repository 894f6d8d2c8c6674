#include "trust/pin_store.hpp"

#include <coseal/error.hpp>

namespace coseal {

task<result<std::optional<stored_pin>>> read_pin(std::shared_ptr<storage> store, std::string key) {
  const auto found = co_await store->get(std::move(key));
  if (!found) co_return found.error();
  if (!found->has_value()) co_return std::optional<stored_pin>();
  const auto record = parse_pin_record((*found)->value);
  if (!record) co_return record.error();
  std::optional<stored_pin> pinned(std::in_place);
  pinned->record = *record;
  pinned->version = (*found)->version;
  co_return pinned;
}

}  // namespace coseal
