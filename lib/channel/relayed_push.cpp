#include "channel/relayed_push.hpp"

#include "bytes/reader.hpp"
#include "bytes/writer.hpp"
#include "trust/succession.hpp"

#include <coseal/error.hpp>

#include <variant>

namespace coseal {
namespace {

constexpr std::uint8_t relay_format = 1;
enum class relayed_to : std::uint8_t { all = 0, coordinate = 1, key = 2 };

void write_target(writer& out, const push_target& to) {
  if (const auto* where = std::get_if<coordinate>(&to)) {
    out.u8(static_cast<std::uint8_t>(relayed_to::coordinate));
    write_coordinate(out, *where);
  } else if (const auto* key = std::get_if<public_key>(&to)) {
    out.u8(static_cast<std::uint8_t>(relayed_to::key));
    out.bytes(key->bytes);
  } else {
    out.u8(static_cast<std::uint8_t>(relayed_to::all));
  }
}

bool read_target(reader& in, push_target& to) {
  switch (static_cast<relayed_to>(in.u8())) {
    case relayed_to::all:
      to = all_clients();
      return true;
    case relayed_to::coordinate:
      to = read_coordinate(in);
      return true;
    case relayed_to::key:
      to = public_key{in.array<32>()};
      return true;
  }
  return false;
}

}  // namespace

std::vector<std::byte> write_relayed_push(const relayed_push& message) {
  writer out;
  out.u8(relay_format);
  out.bytes(message.process);
  out.u64(message.number);
  out.u64(message.time);
  write_target(out, message.to);
  out.bytes(message.action);
  out.u16(message.position);
  out.bytes(message.body);
  return std::move(out).take();
}

result<relayed_push> parse_relayed_push(std::span<const std::byte> bytes) {
  reader in(bytes);
  relayed_push message;
  if (in.u8() != relay_format) return errc::malformed_message;
  message.process = in.array<16>();
  message.number = in.u64();
  message.time = in.u64();
  if (!read_target(in, message.to)) return errc::malformed_message;
  message.action = in.array<8>();
  message.position = in.u16();
  if (in.failed() || message.number == 0) return errc::malformed_message;
  const auto body = in.remaining();
  message.body.assign(body.begin(), body.end());
  return message;
}

}  // namespace coseal
