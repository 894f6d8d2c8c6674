#pragma once

#include "bytes/reader.hpp"
#include "bytes/writer.hpp"
#include "crypto/signature.hpp"

#include <coseal/coordinate.hpp>
#include <coseal/public_key.hpp>
#include <coseal/result.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace coseal {

/// "The key of this coordinate is from now on `next`", signed by `previous` over
/// 64 spaces | "coseal/1 succession" | 0 | the fields before. docs/protocol.md, succession.
struct succession_statement {
  public_key previous;
  public_key next;
  coordinate where;
  std::uint64_t serial = 0;
  signature_bytes signature{};
};

inline constexpr std::size_t max_succession = 8;
using succession_chain = std::vector<succession_statement>;

succession_statement sign_succession(const signing_key& previous, const public_key& next, coordinate where,
                                     std::uint64_t serial);
/// Follows the chain from `pinned` (at `pinned_serial`) to `shown`: signatures, rising serials, same
/// coordinate. Returns the last serial; errc::key_changed if it does not start at the pin,
/// errc::bad_succession if it is wrong.
result<std::uint64_t> follow_succession(const succession_chain& chain, const public_key& pinned,
                                        std::uint64_t pinned_serial, const public_key& shown,
                                        const coordinate& where);

void write_coordinate(writer& out, const coordinate& where);
/// Fails the reader on a coordinate that breaks the rule of coordinate; an empty environment only if
/// `allow_empty`.
coordinate read_coordinate(reader& in, bool allow_empty = false);
void write_succession(writer& out, const succession_chain& chain);
succession_chain read_succession(reader& in);

}  // namespace coseal
