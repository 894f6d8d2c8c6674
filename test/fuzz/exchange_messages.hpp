#pragma once

#include <cstddef>
#include <span>

/// Feeds `input` to every parser of lib/exchange. The first byte picks one; what a parser takes must be
/// written again as the same bytes, and what was sealed must open again. Aborts on a violation.
void fuzz_exchange_messages(std::span<const std::byte> input);
