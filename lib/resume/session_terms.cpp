#include "resume/session_terms.hpp"

#include "handshake/hello.hpp"
#include "trust/succession.hpp"

#include <algorithm>

namespace coseal {
namespace {

void write_unix_time(writer& out, std::chrono::milliseconds time) {
  out.u64(static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0)));
}

std::chrono::milliseconds read_unix_time(reader& in) noexcept {
  const std::uint64_t time = in.u64();
  if (time >> 48 != 0) in.fail();
  return std::chrono::milliseconds(in.failed() ? 0 : static_cast<std::int64_t>(time));
}

/// Exactly the parameters that write_lasting writes.
parameters read_lasting(reader& in) noexcept {
  parameters p;
  p.max_record = in.u32();
  p.max_frame = in.u32();
  p.keepalive = std::chrono::milliseconds(in.u32());
  if (!p.in_range()) in.fail();
  return p;
}

void write_lasting(writer& out, const parameters& p) {
  out.u32(p.max_record);
  out.u32(p.max_frame);
  out.u32(static_cast<std::uint32_t>(p.keepalive.count()));
}

}  // namespace

void session_terms::renew(std::chrono::milliseconds now) noexcept {
  expires = std::min(now + resumable_for, created + resumable_in_all);
}

parameters lasting(parameters of) {
  of.time = std::chrono::milliseconds(0);
  of.exchange.reset();
  of.previous_session.reset();
  return of;
}

session_terms terms_of(const handshake_outcome& agreed, handshake_role own_role, const parameters& own,
                       const channel_version& own_channel) {
  const bool connector = own_role == handshake_role::connector;
  session_terms terms;
  terms.level = agreed.level;
  terms.binding = agreed.secrets->binding.clone();
  terms.auth_epoch = agreed.own->auth_epoch;
  const public_key& own_key = agreed.own->key.public_part();
  terms.connector_key = connector ? own_key : *agreed.peer_key;
  terms.acceptor_key = connector ? *agreed.peer_key : own_key;
  terms.connector = connector ? agreed.own->where : agreed.peer;
  terms.acceptor = connector ? agreed.peer : agreed.own->where;
  terms.connector_params = lasting(connector ? own : agreed.peer_parameters);
  terms.acceptor_params = lasting(connector ? agreed.peer_parameters : own);
  terms.connector_channel = connector ? own_channel : agreed.peer_channel;
  terms.acceptor_channel = connector ? agreed.peer_channel : own_channel;
  return terms;
}

void write_terms(writer& out, const session_terms& terms) {
  out.bytes(terms.id);
  out.u8(static_cast<std::uint8_t>(terms.level));
  out.u16(wire_suite);
  out.u64(terms.generation);
  out.bytes(terms.binding.view());
  out.bytes(terms.connector_key.bytes);
  out.bytes(terms.acceptor_key.bytes);
  write_coordinate(out, terms.connector);
  write_coordinate(out, terms.acceptor);
  write_lasting(out, terms.connector_params);
  write_lasting(out, terms.acceptor_params);
  write_channel_version(out, terms.connector_channel);
  write_channel_version(out, terms.acceptor_channel);
  write_unix_time(out, terms.created);
  write_unix_time(out, terms.expires);
  out.u64(terms.auth_epoch);
}

session_terms read_terms(reader& in) {
  session_terms terms;
  terms.id = in.array<16>();
  const std::uint8_t level = in.u8();
  if (level != 1 && level != 2) in.fail();
  terms.level = level == 1 ? security_level::authenticated : security_level::encrypted;
  if (in.u16() != wire_suite) in.fail();
  terms.generation = in.u64();
  std::ranges::copy(in.bytes(secret32::size), terms.binding.writable().begin());
  terms.connector_key.bytes = in.array<32>();
  terms.acceptor_key.bytes = in.array<32>();
  terms.connector = read_coordinate(in);
  terms.acceptor = read_coordinate(in);
  terms.connector_params = read_lasting(in);
  terms.acceptor_params = read_lasting(in);
  terms.connector_channel = read_channel_version(in);
  terms.acceptor_channel = read_channel_version(in);
  terms.created = read_unix_time(in);
  terms.expires = read_unix_time(in);
  terms.auth_epoch = in.u64();
  return terms;
}

}  // namespace coseal
