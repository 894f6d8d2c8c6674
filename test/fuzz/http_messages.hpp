#pragma once

#include <cstddef>
#include <span>

/// What arrives at a server or a client of HTTP/1.1: byte 0 says at which, byte 1 in pieces of what size; the
/// rest are the bytes. Aborts where pieces are understood otherwise than the whole, or a head holds what the
/// guard forbids.
void fuzz_http_messages(std::span<const std::byte> input);
