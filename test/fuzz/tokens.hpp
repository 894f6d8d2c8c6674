#pragma once

#include <cstddef>
#include <span>

/// What arrives as a token, a passphrase box, a key or a coordinate; aborts where it is not refused as it
/// should be.
void fuzz_tokens(std::span<const std::byte> input);
