#include "handshake/accept_message.hpp"

#include "handshake/extensions.hpp"
#include "trust/succession.hpp"

#include <coseal/error.hpp>

#include <algorithm>
#include <limits>

namespace coseal {
namespace {

constexpr std::uint16_t previous_type = 0x0001;

std::chrono::milliseconds read_time(reader& in) noexcept {
  constexpr std::uint64_t latest = std::numeric_limits<std::int64_t>::max();
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::min(in.u64(), latest)));
}

void write_time(writer& out, std::chrono::milliseconds since_1970) {
  out.u64(static_cast<std::uint64_t>(since_1970.count()));
}

}  // namespace

std::vector<std::byte> accept_message::encode() const {
  writer out;
  out.bytes(id);
  write_time(out, expires);
  out.u64(auth_epoch);
  write_time(out, time);
  out.vec16(ticket);
  writer extensions;
  if (previous) {
    const std::array<std::byte, 1> value{static_cast<std::byte>(*previous)};
    write_extension(extensions, previous_type, value);
  }
  out.vec16(extensions.view());
  return std::move(out).take();
}

result<accept_message> accept_message::parse(std::span<const std::byte> content) {
  reader in(content);
  errc why = errc::malformed_message;
  accept_message message;
  message.id = in.array<16>();
  message.expires = read_time(in);
  message.auth_epoch = in.u64();
  message.time = read_time(in);
  const auto ticket = in.vec16();
  message.ticket.assign(ticket.begin(), ticket.end());
  extension_reader list(in);
  while (const auto one = list.next()) {
    if (one->type == previous_type) {
      if (one->value.size() != 1 || one->value[0] > std::byte{1}) in.fail();
      if (!in.failed()) message.previous = static_cast<previous_session>(one->value[0]);
      continue;
    }
    if (!one->critical()) continue;
    why = errc::unknown_critical_extension;
    in.fail();
  }
  if (!in.complete()) return why;
  return message;
}

std::vector<std::byte> accept_claim::encode() const {
  writer out;
  out.bytes(id);
  write_coordinate(out, where);
  write_parameters(out, params);
  write_channel_version(out, channel);
  return std::move(out).take();
}

result<accept_claim> accept_claim::parse(std::span<const std::byte> content) {
  reader in(content);
  errc why = errc::malformed_message;
  accept_claim message;
  message.id = in.array<16>();
  message.where = read_coordinate(in);
  message.params = read_parameters(in, &why);
  message.channel = read_channel_version(in);
  if (!in.complete()) return why;
  return message;
}

}  // namespace coseal
