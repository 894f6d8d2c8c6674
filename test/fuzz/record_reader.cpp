#include "fuzz/record_reader.hpp"

namespace {

std::size_t number(std::span<const std::byte> bytes) {
  std::size_t value = 0;
  for (const std::byte b : bytes) value = value * 256 + std::to_integer<std::size_t>(b);
  return value;
}

}  // namespace

void record_reader::read_clear(std::span<const std::byte> wire) {
  while (!ended()) {
    if (wire.size() < 8) return end_of_carrier();
    const std::size_t length = number(wire.first(4));
    const std::size_t kind = number(wire.subspan(4, 1)), epoch = number(wire.subspan(5, 1));
    if (number(wire.subspan(6, 2)) != 0) return fail();
    const bool refused = kind == 0x04 && rules_.awaiting_accept && !accepted_;
    if (kind != 0x10 && !refused) return fail();
    if (length > (refused ? 64 : rules_.max_record)) return fail();
    if (wire.size() - 8 < length) return end_of_carrier();
    if (epoch != 0) return fail();
    if (refused) {
      told_.end = told::ending::refused;
      return;
    }
    take(wire.subspan(8, length));
    wire = wire.subspan(8 + length);
  }
}

void record_reader::end_of_carrier() {
  if (!ended()) told_.end = closed_ ? told::ending::closed : told::ending::truncated;
}

void record_reader::take(std::span<const std::byte> content) {
  if (content.empty()) return fail();
  auto type = std::to_integer<std::uint8_t>(content[0]);
  told::bytes body(content.begin() + 1, content.end());
  if ((type & 0x80) != 0) {
    if (!rules_.pads || body.size() < 2) return fail();
    const std::size_t zeros = number(std::span(body).last(2));
    body.resize(body.size() - 2);
    if (zeros > body.size()) return fail();
    for (std::size_t i = 0; i < zeros; ++i) {
      if (body.back() != std::byte{0}) return fail();
      body.pop_back();
    }
    type &= 0x7f;
  }
  take_plain(type, std::move(body));
}

void record_reader::take_plain(std::uint8_t type, told::bytes body) {
  if (rules_.awaiting_accept && !accepted_ && type != 0x10 && type != 0x11) return fail();
  if (closed_ && type != 0x14) return fail();
  if (assembling_ && type != 0x04 && type != 0x12 && type != 0x13 && type != 0x14) return fail();
  switch (type) {
    case 0x01:
      return take_pack(body);
    case 0x02:
      if (body.size() > rules_.max_frame) return fail();
      told_.frames.push_back(std::move(body));
      return;
    case 0x03:
      if (body.size() < 5) return fail();
      total_ = number(std::span(body).first(4));
      assembly_.assign(body.begin() + 4, body.end());
      assembling_ = true;
      if (assembly_.size() >= total_ || total_ > rules_.max_frame) fail();
      return;
    case 0x04:
      if (!assembling_ || body.empty()) return fail();
      assembly_.insert(assembly_.end(), body.begin(), body.end());
      if (assembly_.size() > total_) return fail();
      if (assembly_.size() < total_) return;
      assembling_ = false;
      told_.frames.push_back(std::move(assembly_));
      return;
    case 0x10:
      if (!rules_.awaiting_accept || accepted_) return fail();
      accepted_ = true;
      told_.accepts.push_back(std::move(body));
      return;
    case 0x11:
      if (!rules_.awaiting_accept || accepted_ || !rules_.keyed) return fail();
      told_.end = told::ending::refused;
      return;
    case 0x12:
      if (!rules_.keyed || !body.empty() || ++key_updates_ > rules_.key_updates) fail();
      return;
    case 0x13:
      if (body.size() != 8) return fail();
      told_.pings.push_back(std::move(body));
      return;
    case 0x14:
      if (body.size() != 8) return fail();
      told_.pongs.push_back(std::move(body));
      return;
    case 0x15:
      return take_close(body);
    default:
      return fail();
  }
}

void record_reader::take_pack(const told::bytes& body) {
  std::span<const std::byte> rest(body);
  std::vector<told::bytes> frames;
  while (!rest.empty()) {
    if (rest.size() < 2) return fail();
    const std::size_t n = number(rest.first(2));
    if (n > rest.size() - 2 || n > rules_.max_frame) return fail();
    frames.emplace_back(rest.begin() + 2, rest.begin() + 2 + static_cast<std::ptrdiff_t>(n));
    rest = rest.subspan(2 + n);
  }
  if (frames.empty()) return fail();
  told_.frames.insert(told_.frames.end(), frames.begin(), frames.end());
}

void record_reader::take_close(const told::bytes& body) {
  if (body.size() != 2 || number(body) > 3) return fail();
  if (number(body) >= 2) return fail();  // both directions end: the session with it
  closed_ = true;
}
