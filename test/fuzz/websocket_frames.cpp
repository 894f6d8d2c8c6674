#include "websocket/close_code.hpp"
#include "websocket/frame_decoder.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

using namespace coseal::websocket;

namespace {

using bytes = std::vector<std::byte>;

constexpr std::uint64_t largest_frame = 300, largest_message = 500;

/// What was told, in one line: comparing two is comparing two strings.
struct told {
  std::string text;

  void say(char what, std::span<const std::byte> payload) {
    text += what;
    text.append(reinterpret_cast<const char*>(payload.data()), payload.size());
    text += '|';
  }
  void end(unsigned code) { text += "!" + std::to_string(code); }
};

struct sink final : frame_sink {
  told out;
  bytes message;
  frame_decoder* decoder = nullptr;

  void on_data(std::span<const std::byte> payload, bool ends) override {
    message.insert(message.end(), payload.begin(), payload.end());
    if (!ends) return;
    out.say(decoder->message_type() == opcode::text ? 't' : 'b', message);
    message.clear();
  }
  void on_ping(std::span<const std::byte> payload) override { out.say('p', payload); }
  void on_pong(std::span<const std::byte> payload) override { out.say('q', payload); }
  void on_close(close_code code, std::string_view reason) override {
    out.say('c', std::as_bytes(std::span(reason)));
    out.end(static_cast<unsigned>(code));
  }
};

bool is_text(std::span<const std::byte> in) {
  for (std::size_t i = 0; i < in.size();) {
    const unsigned first = std::to_integer<unsigned>(in[i]);
    const std::size_t n = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    unsigned code = n == 1 ? first : first & (0xffU >> (n + 1));
    if ((first >= 0x80 && first < 0xc0) || first > 0xf7 || i + n > in.size()) return false;
    for (std::size_t k = 1; k < n; ++k) {
      const unsigned next = std::to_integer<unsigned>(in[i + k]);
      if (next >> 6 != 2) return false;
      code = code << 6 | (next & 0x3f);
    }
    const unsigned least = n == 1 ? 0 : n == 2 ? 0x80 : n == 3 ? 0x800 : 0x10000;
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
    i += n;
  }
  return true;
}

/// RFC 6455 5.2 by the letter, on bytes that are all there. Text is looked at when its message ends: where it
/// fails earlier, only the message is compared.
told read_whole(bytes in, bool server) {
  told out;
  bytes message;
  std::optional<unsigned> type;
  const auto number = [&](std::size_t at, std::size_t n) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < n; ++i) value = value << 8 | std::to_integer<std::uint64_t>(in[at + i]);
    return value;
  };
  for (std::size_t at = 0;;) {
    if (in.size() - at < 2) return out;
    const unsigned first = std::to_integer<unsigned>(in[at]), second = std::to_integer<unsigned>(in[at + 1]);
    const unsigned code = first & 15;
    const bool fin = first >> 7 != 0, masked = second >> 7 != 0, control = code >= 8;
    const unsigned small = second & 127;
    const std::size_t more = small == 127 ? 8 : small == 126 ? 2 : 0;
    const std::size_t head = 2 + more + (masked ? 4 : 0);
    if (in.size() - at < head) return out;
    const std::uint64_t length = more == 0 ? small : number(at + 2, more);
    if ((first & 0x70) != 0 || (code > 2 && code < 8) || code > 10) return out.end(1002), out;
    if ((more == 2 && length < 126) || (more == 8 && (length < 65'536 || length >> 63 != 0)))
      return out.end(1002), out;
    if (control && (!fin || length > 125 || more != 0)) return out.end(1002), out;
    if (masked != server) return out.end(1002), out;
    if (!control) {
      if ((code == 0) != type.has_value()) return out.end(1002), out;
      if (code != 0) type = code;
      if (length > largest_frame || length > largest_message - message.size()) return out.end(1009), out;
    }
    const std::size_t there =
        static_cast<std::size_t>(std::min<std::uint64_t>(length, in.size() - at - head));
    bytes payload;
    for (std::size_t i = 0; i < there; ++i)
      payload.push_back(in[at + head + i] ^ (masked ? in[at + head - 4 + i % 4] : std::byte{0}));
    if (there < length) return out;
    at += head + there;
    if (!control) {
      message.insert(message.end(), payload.begin(), payload.end());
      if (!fin) continue;
      if (*type == 1 && !is_text(message)) return out.end(1007), out;
      out.say(*type == 1 ? 't' : 'b', message);
      message.clear();
      type.reset();
    } else if (code == 8) {
      if (payload.empty()) return out.say('c', {}), out.end(1005), out;
      if (payload.size() == 1) return out.end(1002), out;
      const unsigned why = std::to_integer<unsigned>(payload[0]) << 8 | std::to_integer<unsigned>(payload[1]);
      if (!may_be_sent(static_cast<std::uint16_t>(why))) return out.end(1002), out;
      const auto reason = std::span(payload).subspan(2);
      if (!is_text(reason)) return out.end(1007), out;
      return out.say('c', reason), out.end(why), out;
    } else {
      out.say(code == 9 ? 'p' : 'q', payload);
    }
  }
}

told read_in_pieces(bytes in, bool server, std::size_t piece) {
  decoder_limits limits;
  limits.frame = largest_frame;
  limits.message = largest_message;
  limits.text = true;
  frame_decoder decoder(server ? role::server : role::client, limits);
  sink to;
  to.decoder = &decoder;
  for (std::size_t at = 0; at < in.size(); at += piece) {
    const auto part = std::span(in).subspan(at, std::min(piece, in.size() - at));
    const auto decoded = decoder.decode(part, to);
    if (!decoded) {
      to.out.end(static_cast<unsigned>(decoded.error().value()));
      break;
    }
    if (*decoded > part.size()) std::abort();
  }
  return to.out;
}

/// A decoder may call text bad before its message ends; what was told before must be the same.
bool agree(const told& whole, const told& pieces) {
  if (whole.text == pieces.text) return true;
  constexpr std::string_view bad_text = "!1007";
  if (!pieces.text.ends_with(bad_text)) return false;
  return whole.text.starts_with(pieces.text.substr(0, pieces.text.size() - bad_text.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const bool server = (data[0] & 1) != 0;
  const std::size_t piece = data[1] % 32 + 1;
  const auto wire = std::as_bytes(std::span(data + 2, size - 2));
  const bytes in(wire.begin(), wire.end());
  const told whole = read_whole(in, server);
  if (!agree(whole, read_in_pieces(in, server, piece)) || !agree(whole, read_in_pieces(in, server, size)))
    std::abort();
  return 0;
}
