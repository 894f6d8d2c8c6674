#include "fuzz/observe_texts.hpp"

#include "bytes/utf8.hpp"
#include "observe/log_text.hpp"

#include <coseal/trace.hpp>

#include <cstdlib>

void fuzz_observe_texts(std::span<const std::byte> input) {
  const std::string_view text(reinterpret_cast<const char*>(input.data()), input.size());
  if (const auto read = coseal::parse_traceparent(text)) {
    const auto again = coseal::parse_traceparent(read->traceparent());
    if (!again || *again != *read) std::abort();
  }
  std::string shown, json;
  coseal::append_shown(shown, text);
  coseal::append_json_string(json, text);
  for (const std::string* each : {&shown, &json}) {
    for (std::string_view rest = *each; !rest.empty();)
      if (coseal::is_unsafe(coseal::take_character(rest))) std::abort();
    coseal::utf8_validator check;
    if (!check.feed(std::as_bytes(std::span(*each))) || !check.complete()) std::abort();
  }
  if (json.size() < 2 || json.front() != '"' || json.back() != '"') std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz_observe_texts(std::as_bytes(std::span(data, size)));
  return 0;
}
