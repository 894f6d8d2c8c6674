#pragma once

#include "trust/pin_record.hpp"

#include <coseal/asio.hpp>
#include <coseal/result.hpp>
#include <coseal/storage.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace coseal {

/// A pin and the version that storage::compare_exchange asks for.
struct stored_pin {
  pin_record record;
  std::uint64_t version = 0;
};

/// Empty only if the store says that there is none. Errors: condition::storage.
task<result<std::optional<stored_pin>>> read_pin(std::shared_ptr<storage> store, std::string key);

/// A pin is written again when another writer was faster, and this often at most.
inline constexpr int pin_write_tries = 8;

}  // namespace coseal
