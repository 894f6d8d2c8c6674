#include "resume/resume_message.hpp"

#include "handshake/extensions.hpp"

#include <coseal/error.hpp>

namespace coseal {
namespace {

constexpr std::uint8_t connector_role = 0;
constexpr std::size_t mac_size = 32;

/// No extension is known: one that must be understood is refused, the others are passed over.
void skip_extensions(reader& in, errc& why) {
  extension_reader list(in);
  while (const auto one = list.next()) {
    if (!one->critical()) continue;
    why = errc::unknown_critical_extension;
    in.fail();
  }
}

}  // namespace

std::vector<std::byte> resume_message::encode() const {
  writer out;
  out.u8(connector_role);
  out.u8(level);
  out.u64(generation);
  out.bytes(salt);
  out.bytes(share);
  out.vec16(ticket);
  out.vec16({});
  return std::move(out).take();
}

result<received_resume> received_resume::parse(std::span<const std::byte> body) {
  if (body.size() < mac_size) return errc::malformed_message;
  received_resume got;
  got.unbound = body.first(body.size() - mac_size);
  reader in(got.unbound);
  errc why = errc::malformed_message;
  if (in.u8() != connector_role) in.fail();
  got.message.level = in.u8();
  got.message.generation = in.u64();
  got.message.salt = in.array<32>();
  got.message.share = in.array<32>();
  const auto ticket = in.vec16();
  if (ticket.size() > longest_ticket) in.fail();
  got.message.ticket.assign(ticket.begin(), ticket.end());
  skip_extensions(in, why);
  if (!in.complete()) return why;
  got.binder = reader(body.last(mac_size)).array<mac_size>();
  return got;
}

std::vector<std::byte> resume_ack::encode() const {
  writer out;
  out.bytes(share);
  out.bytes(salt);
  out.vec16({});
  return std::move(out).take();
}

result<received_resume_ack> received_resume_ack::parse(std::span<const std::byte> body) {
  if (body.size() < mac_size) return errc::malformed_message;
  received_resume_ack got;
  got.unfinished = body.first(body.size() - mac_size);
  reader in(got.unfinished);
  errc why = errc::malformed_message;
  got.message.share = in.array<32>();
  got.message.salt = in.array<32>();
  skip_extensions(in, why);
  if (!in.complete()) return why;
  got.finished = reader(body.last(mac_size)).array<mac_size>();
  return got;
}

}  // namespace coseal
