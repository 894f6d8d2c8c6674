#include "handshake/parameters.hpp"

#include "handshake/extensions.hpp"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

namespace coseal {
namespace {

enum parameter_type : std::uint16_t {
  max_record = 1,
  max_frame = 2,
  keepalive = 3,
  time = 4,
  boot = 5,
  endpoint_id = 6,
  previous_session = 7,
};

constexpr std::size_t longest_endpoint_id = 255;

void write_u32(writer& list, parameter_type type, std::uint32_t value) {
  list.u16(type);
  list.u16(4);
  list.u32(value);
}

/// A clock past the range of int64 is as wrong as one at its end; clamped, it can not turn negative.
std::chrono::milliseconds clamped(std::uint64_t ms) noexcept {
  constexpr auto highest = std::numeric_limits<std::int64_t>::max();
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::min<std::uint64_t>(ms, highest)));
}

}  // namespace

bool parameters::in_range() const noexcept {
  const auto beat = keepalive.count();
  return max_record >= 4096 && max_record <= 262'144 && max_frame >= 1 && max_frame <= 0x7fff'ffff &&
         (!exchange ||
          (!exchange->endpoint_id.empty() && exchange->endpoint_id.size() <= longest_endpoint_id)) &&
         (beat == 0 || (beat >= 100 && beat <= 3'600'000)) && time.count() >= 0;
}

void write_parameters(writer& out, const parameters& p) {
  writer list;
  list.reserve(40);
  write_u32(list, max_record, p.max_record);
  write_u32(list, max_frame, p.max_frame);
  write_u32(list, keepalive, static_cast<std::uint32_t>(p.keepalive.count()));
  list.u16(time);
  list.u16(8);
  list.u64(static_cast<std::uint64_t>(p.time.count()));
  if (p.exchange) {
    write_extension(list, boot, p.exchange->boot);
    write_extension(list, endpoint_id, std::as_bytes(std::span(p.exchange->endpoint_id)));
  }
  if (p.previous_session) write_extension(list, previous_session, *p.previous_session);
  out.vec16(list.view());
}

parameters read_parameters(reader& in, errc* why) {
  parameters p;
  exchange_place place;
  bool has_boot = false;
  extension_reader list(in);
  while (const auto one = list.next()) {
    reader value(one->value);
    switch (one->type) {
      case max_record:
        p.max_record = value.u32();
        break;
      case max_frame:
        p.max_frame = value.u32();
        break;
      case keepalive:
        p.keepalive = std::chrono::milliseconds(value.u32());
        break;
      case time:
        p.time = clamped(value.u64());
        break;
      case boot:
        place.boot = value.array<16>();
        has_boot = true;
        break;
      case endpoint_id: {
        const auto text = value.remaining();
        if (text.empty()) in.fail();
        place.endpoint_id.assign(reinterpret_cast<const char*>(text.data()), text.size());
        break;
      }
      case previous_session:
        p.previous_session = value.array<16>();
        break;
      default:
        if (one->critical()) {
          if (why != nullptr) *why = errc::unknown_critical_extension;
          in.fail();
        }
        continue;
    }
    if (!value.complete()) in.fail();
  }
  if (has_boot != !place.endpoint_id.empty()) in.fail();  // one says nothing without the other
  if (has_boot) p.exchange = std::move(place);
  if (!p.in_range()) in.fail();
  return p;
}

}  // namespace coseal
