#include "handshake/identity_block.hpp"

#include <coseal/error.hpp>

namespace coseal {

std::vector<std::byte> identity_block::encode() const {
  writer out;
  out.reserve(256);
  out.bytes(key.bytes);
  write_coordinate(out, where);
  write_parameters(out, params);
  write_succession(out, succession);
  return std::move(out).take();
}

result<identity_block> identity_block::parse(std::span<const std::byte> bytes) {
  reader in(bytes);
  errc why = errc::malformed_message;
  identity_block block;
  block.key.bytes = in.array<32>();
  block.where = read_coordinate(in);
  block.params = read_parameters(in, &why);
  block.succession = read_succession(in);
  if (!in.complete()) return why;
  return block;
}

}  // namespace coseal
