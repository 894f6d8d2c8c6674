#pragma once

#include "trust/storage/value_table.hpp"

#include <coseal/storage.hpp>

#include <functional>
#include <memory>

namespace coseal {

/// memory_storage() by a clock of the caller's own, called from any thread.
std::shared_ptr<storage> memory_storage_with(std::function<wall_time()> now);

}  // namespace coseal
