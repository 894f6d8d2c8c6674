#pragma once

#include <cstddef>
#include <span>

/// What arrives as records: finding them, opening them, counting packed frames, and the whole receiving half
/// of a session, compared with a reader written from docs/protocol.md sections 2 and 6 alone. The first four
/// bytes choose how. Aborts where the two differ.
void fuzz_records(std::span<const std::byte> input);
