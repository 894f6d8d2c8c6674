#include "fuzz/json_values.hpp"

#include "contract/type_text.hpp"
#include "support/every_value.hpp"

#include <coseal/channel_description.hpp>
#include <coseal/json.hpp>

#include <cstdint>
#include <cstdlib>

namespace {

template <class T>
void check_json(std::string_view text) {
  coseal::decode_failure where;
  const auto value = coseal::from_json<T>(text, &where);
  if (!value) {
    if (where.code != value.error()) std::abort();
    return;
  }
  std::string written;
  coseal::to_json(written, *value);
  const auto again = coseal::from_json<T>(written);
  if (!again || coseal::encode(*again) != coseal::encode(*value)) std::abort();
}

void check_description(std::string_view text) {
  static_cast<void>(coseal::parse_type_text(text));
  static_cast<void>(coseal::parse_action_text(text));
  const auto channel = coseal::parse_channel_description(text);
  if (channel && coseal::parse_channel_description(coseal::describe_channel(*channel))->to_acceptor !=
                     channel->to_acceptor)
    std::abort();
}

}  // namespace

void fuzz_json_values(std::string_view text) {
  check_json<coseal::test::every_value>(text);
  check_json<
      std::vector<std::variant<coseal::test::node, double, std::string, std::map<std::int32_t, bool>>>>(text);
  check_description(text);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz_json_values({reinterpret_cast<const char*>(data), size});
  return 0;
}
