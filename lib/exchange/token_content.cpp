#include "exchange/token_content.hpp"

#include "bytes/reader.hpp"
#include "bytes/writer.hpp"

#include <coseal/error.hpp>

#include <algorithm>

namespace coseal {
namespace {

constexpr std::size_t reserved = 512;  // growing would leave secrets behind

void write_time(writer& out, std::chrono::milliseconds time) {
  out.u64(static_cast<std::uint64_t>(time.count()));
}

std::chrono::milliseconds read_time(reader& in) noexcept {
  const std::uint64_t time = in.u64();
  if (time >> 48 != 0) in.fail();
  return std::chrono::milliseconds(in.failed() ? 0 : static_cast<std::int64_t>(time));
}

secret32 read_secret(reader& in) noexcept {
  secret32 out;
  std::ranges::copy(in.bytes(secret32::size), out.writable().begin());
  return out;
}

security_level read_level(reader& in) noexcept {
  const std::uint8_t level = in.u8();
  if (level != 1 && level != 2) in.fail();
  return level == 1 ? security_level::authenticated : security_level::encrypted;
}

}  // namespace

std::vector<std::byte> handshake_token::encode() && {
  writer out;
  out.reserve(reserved);
  out.u8(static_cast<std::uint8_t>(rest.level));
  out.u16(wire_suite);
  write_channel_version(out, rest.channel);
  const secret32 hs = std::move(rest.secret).into_secret();
  out.bytes(hs.view());
  out.bytes(rest.th1);
  out.bytes(rest.settled);
  write_time(out, issued);
  return std::move(out).take();
}

result<handshake_token> handshake_token::parse(std::span<const std::byte> plaintext) {
  reader in(plaintext);
  const security_level level = read_level(in);
  if (in.u16() != wire_suite) in.fail();
  const channel_version channel = read_channel_version(in);
  secret32 hs = read_secret(in);
  const digest th1 = in.array<32>();
  const digest settled = in.array<32>();
  const auto issued = read_time(in);
  if (!in.complete()) return errc::malformed_message;
  return handshake_token{
      half_open_handshake{level, channel, handshake_secret::from_secret(std::move(hs)), th1, settled},
      issued};
}

void session_token::renew(std::chrono::milliseconds now) noexcept {
  issued = now;
  expires = std::min(now + session_token_lifetime, started + session_lifetime);
}

std::vector<std::byte> session_token::encode() const {
  writer out;
  out.reserve(reserved);
  out.bytes(id);
  out.u8(static_cast<std::uint8_t>(level));
  out.bytes(connector.bytes);
  write_coordinate(out, where);
  write_channel_version(out, channel);
  out.bytes(i_ap.view());
  out.bytes(r_ap.view());
  write_time(out, started);
  write_time(out, issued);
  write_time(out, expires);
  out.u64(auth_epoch);
  return std::move(out).take();
}

result<session_token> session_token::parse(std::span<const std::byte> plaintext) {
  reader in(plaintext);
  session_token token;
  token.id = in.array<16>();
  token.level = read_level(in);
  token.connector.bytes = in.array<32>();
  token.where = read_coordinate(in);
  token.channel = read_channel_version(in);
  token.i_ap = read_secret(in);
  token.r_ap = read_secret(in);
  token.started = read_time(in);
  token.issued = read_time(in);
  token.expires = read_time(in);
  token.auth_epoch = in.u64();
  if (!in.complete()) return errc::malformed_message;
  return token;
}

}  // namespace coseal
