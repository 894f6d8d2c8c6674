// Records that test/record/check_vectors.py computed from docs/protocol.md alone.

#include "record/content.hpp"
#include "record/sealing.hpp"
#include "support/catch.hpp"

#include <fstream>
#include <sstream>
#include <string>

using namespace coseal;
using namespace coseal::test;

namespace {

bytes from_hex(const std::string& text) {
  bytes out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<std::byte>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return out;
}

/// As the text has it: `zero[n] | u16 n` behind a content whose type has the bit 0x80.
bytes without_padding(bytes content) {
  if ((content[0] & padded_bit) == std::byte{0}) return content;
  content[0] &= ~padded_bit;
  const auto n = content.size();
  const auto zeros =
      std::to_integer<std::size_t>(content[n - 2]) * 256 + std::to_integer<std::size_t>(content[n - 1]);
  content.resize(n - 2 - zeros);
  return content;
}

void check_file(security_level level, const aead_backend& backend) {
  CAPTURE(to_string(level), backend.name());
  std::ifstream file(std::string(COSEAL_TEST_VECTORS "/record/") + std::string(to_string(level)) + ".txt");
  std::unique_ptr<sealer> sealer = make_clear_sealer();
  std::unique_ptr<opener> opener = make_clear_opener();
  auto now = some_time;
  std::size_t records = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string what, first, second;
    words >> what >> first >> second;
    if (what == "secret" && level != security_level::none) {
      forget_nonces_for_testing();
      const bytes secret = from_hex(first);
      const std::span<const std::byte> bytes_of_secret(secret);
      const secret32 key(bytes_of_secret.first<32>());
      sealer = make_sealer(level, key.clone(), backend, now);
      opener = make_opener(level, key.clone(), backend, now);
    }
    if (what != "record") continue;
    CAPTURE(++records);
    const bytes content = from_hex(first), wire = from_hex(second);
    REQUIRE(seal(*sealer, content) == wire);
    const auto opened = open(*opener, wire);
    REQUIRE(opened.value() == without_padding(content));
    if ((*opened)[0] != static_cast<std::byte>(content_type::rekey)) continue;
    now += std::chrono::seconds(1);
    sealer->rekey(now);
    opener->rekey(now).value();
  }
  CHECK(records >= 10);
  if (level == security_level::encrypted) CHECK(sealer->epoch() == 258);
}

}  // namespace

TEST_CASE("records are those that another implementation computes", "[record]") {
  check_file(security_level::none, *default_aead_backend().value());
  for (const auto* backend : usable_aead_backends())
    for (const auto level : keyed_levels) check_file(level, *backend);
}
