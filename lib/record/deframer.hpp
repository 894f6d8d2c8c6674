#pragma once

#include "bytes/record_header.hpp"

#include <coseal/error.hpp>
#include <coseal/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace coseal {

/// A whole record in the caller's memory.
struct raw_record {
  record_header header;
  std::span<std::byte> body;
};

/// Finds the next record in bytes from the wire. No state, no copy. `limit(kind)` is the largest legal body
/// of a kind, or nothing for a kind that is not legal now; both are checked as soon as the header is there,
/// before memory is asked for. Errors: malformed_record, unexpected_record, record_too_large.
struct deframed {
  std::optional<raw_record> record;
  std::size_t needed = 0;  ///< bytes that the record takes in all, when it is not complete
};

template <typename Limit>
result<deframed> deframe(std::span<std::byte> input, const Limit& limit) {
  deframed out;
  if (input.size() < record_header::size) {
    out.needed = record_header::size;
    return out;
  }
  const auto header = record_header::parse(input.first<record_header::size>());
  if (header.zero != 0) return errc::malformed_record;
  const std::optional<std::uint32_t> allowed = limit(header.kind);
  if (!allowed) return errc::unexpected_record;
  if (header.length > *allowed) return errc::record_too_large;
  if (input.size() - record_header::size < header.length) {
    out.needed = record_header::size + header.length;
    return out;
  }
  out.record = raw_record{header, input.subspan(record_header::size, header.length)};
  return out;
}

}  // namespace coseal
