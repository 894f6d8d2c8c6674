#pragma once
// What a session has only while it is awake, and what is left of it while it hibernates.

#include "session/inbound.hpp"
#include "session/outbound.hpp"
#include "session/resting_facts.hpp"

#include <coseal/channel_definition.hpp>
#include <coseal/clock.hpp>
#include <coseal/coordinate.hpp>
#include <coseal/session_options.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace coseal {

struct traffic_counters {
  std::uint64_t send_epoch = 0, receive_epoch = 0;
  std::uint64_t records_sent = 0, records_received = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t frames_sent = 0, frames_received = 0;
};

/// Secrets, exact counters and what is known of the peer; no buffers.
struct resting_memory {
  resting_outbound out;
  resting_inbound in;
  resting_facts facts;
};

struct working_memory {
  working_memory(const session_limits& limits, duplex_carrier& carrier, clock& time, control_sink& sink)
      : out(limits, time), in(carrier, time, sink, limits.max_record, limits.max_frame) {}

  /// Neither half has anything under way, and nothing is due.
  bool may_rest() const noexcept { return out.may_rest() && in.may_rest() && pongs_due.empty() && !ping_due; }
  /// In both directions.
  std::uint64_t frames() const noexcept { return out.frames() + in.frames(); }
  resting_memory rest() {
    resting_facts facts(info);
    return {out.hibernate(), in.hibernate(), std::move(facts)};
  }
  void wake(resting_memory from) {
    out.wake(std::move(from.out));
    in.wake(std::move(from.in));
    info = from.facts.unpack();
  }

  outbound out;
  inbound in;
  session_info info;  // but for its counters
  std::vector<std::array<std::byte, 8>> pongs_due;
  std::optional<std::array<std::byte, 8>> ping_due;
  std::uint64_t turn_records = 0;  // where `in` stood when the executor's turn began
  std::uint64_t turn_bytes = 0;

  // Of its beginning and of its end.
  std::optional<clock::time_point> handshake_deadline;
  std::optional<clock::time_point> linger_until;
  std::string refusal_text;  // what the peer said
  std::chrono::milliseconds retry_after{0};
  coordinate wanted;
  channel_definition channel;
};

}  // namespace coseal
