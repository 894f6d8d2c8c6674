#pragma once

#include "crypto/aead.hpp"
#include "handshake/parameters.hpp"

#include <coseal/error.hpp>
#include <coseal/result.hpp>
#include <coseal/session_options.hpp>

namespace coseal {

/// What of the limits is told to the peer; the time is filled in by the handshake.
inline parameters announced(const session_limits& limits) {
  parameters own;
  own.max_record = limits.max_record;
  own.max_frame = limits.max_frame;
  own.keepalive = limits.keepalive;
  return own;
}

/// Milliseconds since 1970.
inline std::chrono::milliseconds wall_time(const clock& time) noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.wall().time_since_epoch());
}

/// The AES-256-GCM that the options name, else this machine's. errc::no_aead_backend.
inline result<const aead_backend*> backend_for(const std::string& name) {
  return name.empty() ? default_aead_backend() : find_aead_backend(name);
}

/// errc::invalid_option for what the protocol can not express.
inline result<void> check(const session_limits& limits) {
  using namespace std::chrono_literals;
  const bool record = limits.max_record >= 4096 && limits.max_record <= 262'144;
  const bool frame = limits.max_frame >= 1 && limits.max_frame <= 0x7fffffffU;
  const bool keepalive = limits.keepalive == 0ms || (limits.keepalive >= 100ms && limits.keepalive <= 1h);
  const bool queue = limits.send_queue >= 32 * 1024;
  const bool padding = limits.padding <= 1024;
  const bool rekey = limits.rekey.records >= 1 && limits.rekey.records <= std::uint64_t{1} << 22 &&
                     limits.rekey.bytes >= 1 && limits.rekey.bytes <= std::uint64_t{1} << 36;
  if (record && frame && keepalive && queue && padding && rekey) return {};
  return errc::invalid_option;
}

}  // namespace coseal
