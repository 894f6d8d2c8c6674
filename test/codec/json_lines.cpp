// Reads a JSON document a line; answers with the value's JSON, or with `!` and why there is none.
#include <coseal/json.hpp>

#include <iostream>
#include <string>

namespace {

struct spot {
  double x = 0;
  float y = 0;
};
COSEAL_STRUCT(spot, x, y)

struct document {
  std::string text;
  std::int8_t small = 0;
  std::int64_t whole = 0;
  std::uint64_t natural = 0;
  double real = 0;
  bool yes = false;
  std::optional<std::string> maybe;
  std::vector<std::int32_t> list;
  std::map<std::string, std::uint64_t> counts;
  std::variant<std::monostate, std::int64_t, std::string, spot> choice;
  std::vector<std::byte> raw;
  std::vector<document> children;
};
COSEAL_STRUCT(document, text, small, whole, natural, real, yes, maybe, list, counts, choice, raw, children)

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  std::string line, out;
  while (std::getline(std::cin, line)) {
    out.clear();
    coseal::decode_failure where;
    if (const auto value = coseal::from_json<document>(line, &where))
      coseal::to_json(out, *value);
    else
      out = "!" + where.text();
    std::cout << out << '\n';
  }
}
