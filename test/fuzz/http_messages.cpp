#include "fuzz/http_messages.hpp"

#include "http/body_reader.hpp"
#include "http/head.hpp"
#include "http/head_writer.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

using namespace coseal::http;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

head_limits small_limits() {
  head_limits limits;
  limits.bytes = 1024;
  limits.fields = 8;
  limits.target = 128;
  return limits;
}

body_limits small_bodies() {
  body_limits limits;
  limits.bytes = 512;
  limits.extensions = 16;
  limits.trailers = 64;
  return limits;
}

/// The first answer that is not "more", of bytes that come in pieces.
template <typename Parse>
auto in_pieces(std::span<const std::byte> bytes, std::size_t piece, Parse parse) {
  for (std::size_t n = 0; n < bytes.size(); n += piece)
    if (auto early = parse(bytes.first(n)); !early || *early) return early;
  return parse(bytes);
}

void check_fields(const field_list& head, body_framing framing) {
  for (const field& each : head.fields) {
    require(is_token(each.name));
    require(std::ranges::all_of(each.value, is_value_character));
    require(trimmed(each.value) == each.value);
  }
  require(head.count("Content-Length") + head.count("Transfer-Encoding") <= 1);
  if (framing.how == body_framing::kind::chunked) require(head.has_token("Transfer-Encoding", "chunked"));
  if (framing.how == body_framing::kind::length)
    require(std::stoull(*head.find("Content-Length")) == framing.length);
}

bool same_fields(const field_list& a, const field_list& b) {
  return std::ranges::equal(a.fields, b.fields, [](const field& x, const field& y) {
    return x.name == y.name && x.value == y.value;
  });
}

/// Written again, it is the same head.
void check_rewritten(request_head head) {
  const auto keep_alive = head.keep_alive;
  std::erase_if(head.fields, [](const field& each) {
    return equal_without_case(each.name, "Content-Length") ||
           equal_without_case(each.name, "Transfer-Encoding");
  });
  // Written as HTTP/1.1, which needs a Host.
  if (head.find("Host") == nullptr) return;
  const auto text = write_request_head(head).value();
  const auto again = parse_request_head(std::as_bytes(std::span(text)), {}).value().value();
  require(again.size == text.size());
  require(again.head.method == head.method && again.head.target == head.target);
  require(again.head.framing == head.framing && again.head.keep_alive == keep_alive);
}

struct body_outcome {
  std::vector<std::byte> content;
  std::size_t taken = 0;
  std::error_code error;
};

body_outcome read_body(std::span<const std::byte> bytes, body_framing framing, std::size_t piece) {
  body_reader reader(framing, small_bodies());
  body_outcome out;
  while (out.taken < bytes.size() && !reader.done()) {
    const auto rest = bytes.subspan(out.taken);
    const auto read = reader.read(rest.first(std::min(piece, rest.size())));
    if (!read) break;
    require(read->taken > 0);
    out.content.insert(out.content.end(), read->content.begin(), read->content.end());
    out.taken += read->taken;
  }
  out.error = reader.error();
  require(out.content.size() <= small_bodies().bytes);
  return out;
}

void check_body(std::span<const std::byte> bytes, body_framing framing, std::size_t piece) {
  const auto whole = read_body(bytes, framing, bytes.size() + 1), split = read_body(bytes, framing, piece);
  require(whole.error == split.error);
  if (!whole.error) require(whole.content == split.content && whole.taken == split.taken);
}

/// One connection's worth of requests.
void check_requests(std::span<const std::byte> bytes, std::size_t piece) {
  const auto parse = [](std::span<const std::byte> some) { return parse_request_head(some, small_limits()); };
  for (;;) {
    const auto whole = parse(bytes), split = in_pieces(bytes, piece, parse);
    require(whole.error() == split.error());
    if (!whole) return;
    require(whole->has_value() == split->has_value());
    if (!*whole) return;
    const request_head& head = (*whole)->head;
    require((*whole)->size == (*split)->size && same_fields(head, (*split)->head));
    check_fields(head, head.framing);
    require(head.count("Host") <= 1 && (head.minor == 0 || head.count("Host") == 1));
    check_rewritten(head);
    bytes = bytes.subspan((*whole)->size);
    check_body(bytes, head.framing, piece);
    const auto body = read_body(bytes, head.framing, bytes.size() + 1);
    if (body.error) return;
    bytes = bytes.subspan(body.taken);
  }
}

void check_response(std::span<const std::byte> bytes, std::size_t piece, const char* method) {
  const auto parse = [method](std::span<const std::byte> some) {
    return parse_response_head(some, small_limits(), method);
  };
  const auto whole = parse(bytes), split = in_pieces(bytes, piece, parse);
  require(whole.error() == split.error());
  if (!whole) return;
  require(whole->has_value() == split->has_value());
  if (!*whole) return;
  const response_head& head = (*whole)->head;
  require((*whole)->size == (*split)->size && same_fields(head, (*split)->head));
  require(head.status >= 100 && head.status <= 999);
  check_fields(head, head.framing);
  check_body(bytes.subspan((*whole)->size), head.framing, piece);
}

}  // namespace

void fuzz_http_messages(std::span<const std::byte> input) {
  if (input.size() < 2) return;
  const auto what = std::to_integer<unsigned>(input[0]) % 4;
  const std::size_t piece = 1 + std::to_integer<std::size_t>(input[1]) % 64;
  const auto bytes = input.subspan(2);
  if (what < 2)
    check_requests(bytes, piece);
  else
    check_response(bytes, piece, what == 2 ? "GET" : "HEAD");
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz_http_messages(std::as_bytes(std::span(data, size)));
  return 0;
}
