#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// Checks what opening_of says of every prefix of `input`; aborts where an answer changes.
void fuzz_openings(std::span<const std::byte> input);
