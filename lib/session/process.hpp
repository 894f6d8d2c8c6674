#pragma once

#include <cstdint>

namespace coseal {

/// Grows by one in every child made by fork(): what was made under another number belongs to another process,
/// and using its keys in both would repeat nonces.
std::uint32_t process_generation() noexcept;

}  // namespace coseal
