#include "session/resting_facts.hpp"

#include "bytes/reader.hpp"
#include "bytes/writer.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace coseal {
namespace {

void write_text(writer& to, const std::string& text) {
  to.vec16(std::as_bytes(std::span(text)));
}
std::string read_text(reader& from) {
  const auto bytes = from.vec16();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void write_key(writer& to, const std::optional<public_key>& key) {
  to.u8(key ? 1 : 0);
  if (key) to.bytes(key->bytes);
}
std::optional<public_key> read_key(reader& from) {
  if (from.u8() == 0) return std::nullopt;
  public_key key;
  key.bytes = from.array<32>();
  return key;
}

}  // namespace

resting_facts::resting_facts(const session_info& from) {
  writer to;
  to.u8(static_cast<std::uint8_t>(from.level));
  to.u8(static_cast<std::uint8_t>(from.start));
  to.u8(from.first_contact ? 1 : 0);
  to.u8(from.below_record ? 1 : 0);
  to.bytes(from.session_id);
  for (const std::string* text :
       {&from.aead, &from.carrier, &from.peer_address, &from.peer.environment(), &from.peer.instance()})
    write_text(to, *text);
  write_key(to, from.peer_key);
  write_key(to, from.own_key);
  const auto all = to.view();
  packed_.assign(all.begin(), all.end());  // which takes no more than it needs
}

session_info resting_facts::unpack() const {
  reader from(packed_);
  session_info to;
  to.level = static_cast<security_level>(from.u8());
  to.start = static_cast<session_start>(from.u8());
  to.first_contact = from.u8() != 0;
  to.below_record = from.u8() != 0;
  to.session_id = from.array<16>();
  to.aead = read_text(from);
  to.carrier = read_text(from);
  to.peer_address = read_text(from);
  auto environment = read_text(from);
  auto instance = read_text(from);
  if (!environment.empty()) to.peer = coordinate(std::move(environment), std::move(instance));
  to.peer_key = read_key(from);
  to.own_key = read_key(from);
  return to;
}

}  // namespace coseal
