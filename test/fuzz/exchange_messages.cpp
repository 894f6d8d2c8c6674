#include "fuzz/exchange_messages.hpp"

#include "exchange/request_message.hpp"
#include "exchange/response_message.hpp"
#include "exchange/token_content.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

using namespace coseal;

void must(bool holds) {
  if (!holds) std::abort();
}

void fuzz_request(std::span<const std::byte> input, security_level level) {
  static const secret32 i_ap;
  const std::vector<std::byte> record(input.begin(), input.end());
  auto parsed = request_message::parse(record);
  if (!parsed) return;
  must(parsed->hash() == sha256::of(record));
  const request_prefix prefix = parsed->prefix();
  // What it claims to have sealed, sealed by us, is what we open.
  const auto sealed =
      seal_request(prefix, std::chrono::milliseconds(7), prefix.token, level, i_ap, "endpoint").value();
  auto again = request_message::parse(sealed).value();
  must(again.prefix().token == prefix.token && again.prefix().time == prefix.time &&
       again.prefix().idempotent == prefix.idempotent);
  must(std::move(again).open(level, i_ap, "endpoint").value().body == prefix.token);
  must(std::move(*parsed).open(level, i_ap, "endpoint").error() || sealed.size() == record.size());
}

void fuzz_response(std::span<const std::byte> input) {
  const auto parsed = response_content::parse(input);
  if (!parsed) return;
  // An unknown refusal or extension is read as a known one or left out, so that only the second writing is
  // stable.
  writer once, twice;
  parsed->write(once);
  response_content::parse(once.view()).value().write(twice);
  must(std::ranges::equal(once.view(), twice.view()));
}

void fuzz_sealed_response(std::span<const std::byte> input, security_level level) {
  static const secret32 r_ap;
  std::vector<std::byte> record(input.begin(), input.end());
  must(!open_response(record, level, r_ap, digest{}));
}

void fuzz_session_token(std::span<const std::byte> input) {
  const auto parsed = session_token::parse(input);
  if (parsed) must(std::ranges::equal(parsed->encode(), input));
}

void fuzz_handshake_token(std::span<const std::byte> input) {
  auto parsed = handshake_token::parse(input);
  if (parsed) must(std::ranges::equal(std::move(*parsed).encode(), input));
}

}  // namespace

void fuzz_exchange_messages(std::span<const std::byte> input) {
  if (input.empty()) return;
  const auto level = (input[0] & std::byte{0x80}) == std::byte{0} ? security_level::encrypted
                                                                  : security_level::authenticated;
  const auto rest = input.subspan(1);
  switch (std::to_integer<int>(input[0] & std::byte{0x7f}) % 5) {
    case 0:
      return fuzz_request(rest, level);
    case 1:
      return fuzz_response(rest);
    case 2:
      return fuzz_sealed_response(rest, level);
    case 3:
      return fuzz_session_token(rest);
    default:
      return fuzz_handshake_token(rest);
  }
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz_exchange_messages(std::as_bytes(std::span(data, size)));
  return 0;
}
