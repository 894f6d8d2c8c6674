#pragma once

#include <cstddef>
#include <span>

/// Feeds `input` to every parser of lib/resume. The first byte picks one; where it succeeds, what it read
/// must be written and read again as the same bytes. Aborts on a violation.
void fuzz_resume_messages(std::span<const std::byte> input);
