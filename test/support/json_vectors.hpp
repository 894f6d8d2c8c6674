#pragma once

#include <array>
#include <cstddef>
#include <simdjson.h>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace coseal::test {

using json = simdjson::dom::element;

inline std::vector<std::byte> bytes_from_hex(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    throw std::invalid_argument("not a lower case hexadecimal digit");
  };
  if (text.size() % 2 != 0) throw std::invalid_argument("odd number of hexadecimal digits");
  std::vector<std::byte> out;
  for (std::size_t i = 0; i < text.size(); i += 2)
    out.push_back(static_cast<std::byte>(digit(text[i]) << 4 | digit(text[i + 1])));
  return out;
}

template <std::size_t N>
std::array<std::byte, N> array_from(std::span<const std::byte> bytes) {
  if (bytes.size() != N) throw std::length_error("a vector has a field of another size than its name says");
  std::array<std::byte, N> out;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

/// A field of a vector; all throw if it is missing.
inline std::string_view text(json object, const char* field) {
  return object[field].get_string().value();
}
inline std::uint64_t number(json object, const char* field) {
  return object[field].get_uint64().value();
}
inline std::vector<std::byte> bytes(json object, const char* field) {
  return bytes_from_hex(text(object, field));
}
/// By value: in a range-for, value() of a temporary would be gone before its first element.
inline simdjson::dom::array items(json list) {
  return list.get_array().value();
}
inline bool has_flag(json test, std::string_view flag) {
  const json flags = test["flags"];
  if (flags.is_null()) return false;  // how CCTV writes an empty list
  for (const json entry : items(flags))
    if (entry.get_string().value() == flag) return true;
  return false;
}

/// Calls visit(root) for a file under test/vectors.
template <typename Visit>
void with_vectors(const std::string& file, Visit visit) {
  simdjson::dom::parser parser;
  visit(json(parser.load(std::string(COSEAL_TEST_VECTORS "/") + file)));
}

/// Calls visit(group, test) for every test of a Wycheproof file.
template <typename Visit>
void for_each_wycheproof(const std::string& name, Visit visit) {
  with_vectors("wycheproof/" + name + "_test.json", [&](json root) {
    for (const json group : items(root["testGroups"]))
      for (const json test : items(group["tests"])) visit(group, test);
  });
}

}  // namespace coseal::test
