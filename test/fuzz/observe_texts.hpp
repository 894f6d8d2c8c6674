#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// Reads `input` as a traceparent and shows it as text of others in both forms of the log; aborts where
/// a promise of theirs is broken.
void fuzz_observe_texts(std::span<const std::byte> input);
