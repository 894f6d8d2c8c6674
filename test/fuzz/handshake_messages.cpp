#include "fuzz/handshake_messages.hpp"

#include "handshake/accept_message.hpp"
#include "handshake/channel_version.hpp"
#include "handshake/hello.hpp"
#include "handshake/hello_reply.hpp"
#include "handshake/identity_proof.hpp"
#include "handshake/refusal.hpp"

#include <coseal/channel_definition.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace coseal;
using bytes = std::span<const std::byte>;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Unknown extensions are dropped and defaults written out, so that one writing may differ from the input; a
/// second must not differ from the first. `exact`: the message has nothing to drop.
template <typename Message>
void round_trip(bytes input, bool exact = false) {
  const auto once = Message::parse(input);
  if (!once) return;
  const auto written = once->encode();
  if (exact) require(std::ranges::equal(written, input));
  const auto twice = Message::parse(written);
  require(twice.has_value());
  require(twice->encode() == written);
}

void refusals(bytes input) {
  reader in(input);
  const refusal once = read_refusal(in);
  if (!in.complete()) return;
  require(once.retry_after.count() >= 0 && once.retry_after.count() <= 60'000);
  writer written;
  write_refusal(written, once);
  require(written.size() == input.size());
  reader again(written.view());
  require(read_refusal(again).code == once.code && again.complete());
  require(bool(to_error(once.code)));
}

void channel_details(bytes input) {
  const channel_definition own{{"a", "b"}, {"c"}};
  require(!explain_channel_difference(own, input).empty());
}

}  // namespace

void fuzz_handshake_messages(std::span<const std::byte> input) {
  if (input.empty()) return;
  const auto rest = input.subspan(1);
  switch (std::to_integer<int>(input.front()) % 8) {
    case 0:
      return round_trip<hello>(rest);
    case 1:
      return round_trip<hello_reply>(rest, true);
    case 2:
      return round_trip<identity_block>(rest);
    case 3:
      return round_trip<identity_proof>(rest);
    case 4:
      return round_trip<accept_message>(rest);
    case 5:
      return round_trip<accept_claim>(rest);
    case 6:
      return refusals(rest);
    case 7:
      return channel_details(rest);
  }
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz_handshake_messages(std::as_bytes(std::span(data, size)));
  return 0;
}
