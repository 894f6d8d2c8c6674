#include "handshake/refusal.hpp"

#include <coseal/error.hpp>

#include <algorithm>

namespace coseal {
namespace {

constexpr std::chrono::milliseconds longest_retry_after{60'000};

refusal_code known(std::uint8_t wire) noexcept {
  const bool is_known = (wire >= 1 && wire <= 5) || (wire >= 16 && wire <= 28);
  return is_known ? static_cast<refusal_code>(wire) : refusal_code::handshake_failed;
}

}  // namespace

void write_refusal(writer& out, const refusal& why) {
  const auto retry_after = std::clamp(why.retry_after, std::chrono::milliseconds(0), longest_retry_after);
  out.u8(static_cast<std::uint8_t>(why.code));
  out.u32(static_cast<std::uint32_t>(retry_after.count()));
  out.vec16(why.detail);
}

refusal read_refusal(reader& in) {
  refusal why;
  why.code = known(in.u8());
  // Anyone on the path can forge a clear one: an hour of waiting must not be theirs to give.
  why.retry_after = std::min(std::chrono::milliseconds(in.u32()), longest_retry_after);
  const auto detail = in.vec16();
  why.detail.assign(detail.begin(), detail.end());
  return why;
}

refusal in_clear(refusal why) {
  if (static_cast<std::uint8_t>(why.code) >= 16) why.code = refusal_code::handshake_failed;
  why.detail.clear();
  return why;
}

refusal_code to_refusal(std::error_code failure) noexcept {
  if (failure == errc::version_unsupported) return refusal_code::version;
  if (failure == errc::level_refused) return refusal_code::level;
  if (failure == errc::channel_mismatch) return refusal_code::channel;
  if (failure == errc::busy) return refusal_code::busy;
  if (failure == errc::key_changed) return refusal_code::key_changed;
  if (failure == errc::not_pinned) return refusal_code::not_pinned;
  if (failure == errc::level_below_record) return refusal_code::level_below_record;
  if (failure == errc::not_authorised) return refusal_code::not_authorised;
  if (failure == errc::coordinate_refused) return refusal_code::coordinate;
  if (failure == errc::revoked) return refusal_code::revoked;
  if (failure == errc::bad_succession) return refusal_code::bad_succession;
  if (failure == errc::session_expired) return refusal_code::session_expired;
  if (failure == errc::request_replayed) return refusal_code::request_replayed;
  if (failure == errc::once_not_promised) return refusal_code::once_not_promised;
  if (failure == errc::request_time) return refusal_code::request_time;
  if (failure == errc::peer_failed) return refusal_code::handler_failed;
  if (failure == condition::storage) return refusal_code::unavailable;
  return refusal_code::handshake_failed;
}

std::error_code to_error(refusal_code code) noexcept {
  switch (code) {
    case refusal_code::version:
      return errc::version_unsupported;
    case refusal_code::level:
      return errc::level_refused;
    case refusal_code::channel:
      return errc::channel_mismatch;
    case refusal_code::busy:
      return errc::busy;
    case refusal_code::handshake_failed:
      return errc::handshake_refused;
    case refusal_code::key_changed:
      return errc::key_changed;
    case refusal_code::not_pinned:
      return errc::not_pinned;
    case refusal_code::level_below_record:
      return errc::level_below_record;
    case refusal_code::not_authorised:
      return errc::not_authorised;
    case refusal_code::coordinate:
      return errc::coordinate_refused;
    case refusal_code::revoked:
      return errc::revoked;
    case refusal_code::bad_succession:
      return errc::bad_succession;
    // Not storage_failed: that is about our own storage. The peer can not serve us now and may later.
    case refusal_code::unavailable:
      return errc::busy;
    case refusal_code::session_expired:
      return errc::session_expired;
    case refusal_code::request_replayed:
      return errc::request_replayed;
    case refusal_code::once_not_promised:
      return errc::once_not_promised;
    case refusal_code::request_time:
      return errc::request_time;
    case refusal_code::handler_failed:
      return errc::peer_failed;
  }
  return errc::handshake_refused;
}

}  // namespace coseal
