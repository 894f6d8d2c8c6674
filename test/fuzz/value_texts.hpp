#pragma once

#include <cstddef>
#include <span>

/// The text of a type up to the first newline, and behind it what is taken for JSON and for bytes of that
/// type, both of a stranger. Aborts where a value from JSON does not come back from its own JSON as it was.
void fuzz_value_texts(std::span<const std::byte> input);
