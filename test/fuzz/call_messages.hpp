#pragma once

#include <cstddef>
#include <span>

/// A frame of either side of a channel: what parses must write back to the same bytes. Aborts where not.
void fuzz_call_messages(std::span<const std::byte> input);
