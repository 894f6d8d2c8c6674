#include "fuzz/tokens.hpp"

#include "crypto/token.hpp"

#include <coseal/coordinate.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void fuzz_token(std::span<const std::byte> input) {
  static const coseal::secret32 ring_key;
  static const coseal::public_key owner;
  const std::uint8_t type = input.size() > 1 ? std::to_integer<std::uint8_t>(input[1]) : std::uint8_t{0};
  const auto id = coseal::token_key_id(input, type);
  const auto opened = coseal::open_token(ring_key, type, owner, input);
  if (opened) require(id.has_value());

  const auto ours = coseal::seal_token(ring_key, 7, type, owner, input);
  require(coseal::token_key_id(ours, type).value() == 7);
  const auto back = coseal::open_token(ring_key, type, owner, ours).value();
  require(std::ranges::equal(back, input));
}

void fuzz_text(std::string_view text) {
  if (auto key = coseal::public_key::from_hex(text)) {
    require(text.size() == 64);
    require(coseal::public_key::from_hex(key->to_hex()).value() == *key);
  }
  if (const auto parsed = coseal::coordinate::parse(text)) {
    require(parsed->to_string() == text);
    require(!parsed->empty() && parsed->matches(*parsed));
  }
}

}  // namespace

void fuzz_tokens(std::span<const std::byte> input) {
  fuzz_token(input);
  // The limit stands so low that no input makes Argon2 work for long.
  static_cast<void>(coseal::open_with_passphrase("pass", input, {2, 16}).has_value());
  fuzz_text({reinterpret_cast<const char*>(input.data()), input.size()});
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz_tokens(std::as_bytes(std::span(data, size)));
  return 0;
}
