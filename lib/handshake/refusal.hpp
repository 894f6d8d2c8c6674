#pragma once

#include "bytes/reader.hpp"
#include "bytes/writer.hpp"

#include <chrono>
#include <cstdint>
#include <system_error>
#include <vector>

namespace coseal {

enum class refusal_code : std::uint8_t {
  version = 1,
  level = 2,
  channel = 3,
  busy = 4,
  handshake_failed = 5,
  key_changed = 16,
  not_pinned = 17,
  level_below_record = 18,
  not_authorised = 19,
  coordinate = 20,
  revoked = 21,
  bad_succession = 22,
  unavailable = 23,
  session_expired = 24,  ///< this and what follows: in RESPONSE alone
  request_replayed = 25,
  once_not_promised = 26,
  request_time = 27,
  handler_failed = 28,
};

/// Why a side says no; docs/protocol.md section 3.
struct refusal {
  refusal_code code = refusal_code::handshake_failed;
  std::chrono::milliseconds retry_after{0};
  std::vector<std::byte> detail;
};

void write_refusal(writer& out, const refusal& why);
/// Unknown codes become handshake_failed, retry_after is capped at 60 s.
refusal read_refusal(reader& in);
/// What may be said in clear: codes from 16 on become handshake_failed, details go.
refusal in_clear(refusal why);
/// What a local failure is called on the wire, and what the peer's word is called here.
refusal_code to_refusal(std::error_code failure) noexcept;
std::error_code to_error(refusal_code code) noexcept;

}  // namespace coseal
