#include "handshake/hello_reply.hpp"

#include <coseal/error.hpp>

namespace coseal {

std::vector<std::byte> hello_reply::encode() const {
  writer out;
  out.reserve(size);
  out.u8(version);
  out.u16(suite);
  out.u8(level);
  write_channel_version(out, channel);
  out.bytes(share);
  out.bytes(random);
  return std::move(out).take();
}

result<hello_reply> hello_reply::parse(std::span<const std::byte> clear) {
  reader in(clear);
  hello_reply message;
  message.version = in.u8();
  message.suite = in.u16();
  message.level = in.u8();
  message.channel = read_channel_version(in);
  message.share = in.array<32>();
  message.random = in.array<32>();
  if (!in.complete()) return errc::malformed_message;
  return message;
}

}  // namespace coseal
