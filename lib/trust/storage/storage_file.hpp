#pragma once

#include "trust/storage/value_table.hpp"

#include <coseal/result.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace coseal {

/// The content of a file_storage, as bytes:
///
///     "coseal store" | u16 format | u64 next version | u32 count | count x entry | SHA-256 of all before
///     [32] entry = u64 version | u16 n | key[n] | u32 m | value[m]                  in format 1 entry = u64
///     version | u64 end | u16 n | key[n] | u32 m | value[m]        in format 2
///
/// `end` is in ms since 1970, 0 for what stays. Format 2 is written where something has an end and nowhere
/// else, and keys ascend, so that one table has exactly one encoding. errc::storage_corrupt on anything else.
result<value_table> parse_storage_file(std::span<const std::byte> file);

/// The bytes hold secrets: the caller wipes them.
std::vector<std::byte> write_storage_file(const value_table& table);

/// A file above this is neither read nor written.
inline constexpr std::size_t max_storage_file = 64 << 20;

}  // namespace coseal
