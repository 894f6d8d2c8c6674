#include "fuzz/value_texts.hpp"

#include "contract/value_json.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

void fuzz_value_texts(std::span<const std::byte> input) {
  const std::string_view all(reinterpret_cast<const char*>(input.data()), input.size());
  const auto end = std::min(all.find('\n'), all.size());
  static_cast<void>(coseal::parse_action_text(all.substr(0, end)));
  const auto type = coseal::parse_type_text(all.substr(0, end));
  if (!type || end == all.size()) return;
  coseal::decode_failure where;
  const auto shown = coseal::value_to_json(*type, input.subspan(end + 1), &where);
  if (!shown && (where.text().empty() || where.code != shown.error())) std::abort();
  const auto value = coseal::value_from_json(*type, all.substr(end + 1));
  if (!value) return;
  const auto text = coseal::value_to_json(*type, *value);
  if (!text) std::abort();
  const auto again = coseal::value_from_json(*type, *text);
  if (!again || *again != *value) std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz_value_texts(std::as_bytes(std::span(data, size)));
  return 0;
}
