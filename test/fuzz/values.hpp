#pragma once

#include <cstddef>
#include <span>

/// Bytes of a peer as a value with a field of every type. Aborts where a value is not the only one with these
/// bytes, or takes more memory than its bytes allow.
void fuzz_values(std::span<const std::byte> input);
