#pragma once

#include <fstream>
#include <map>
#include <span>
#include <stdexcept>
#include <string>

namespace coseal::test {

/// Lines `name = value`, in order; `#` begins a comment line. check_vectors.py reads the same files.
using vector_values = std::map<std::string, std::string>;

inline std::string hex(std::span<const std::byte> bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte b : bytes) {
    text += digits[std::to_integer<unsigned>(b) >> 4];
    text += digits[std::to_integer<unsigned>(b) & 15];
  }
  return text;
}

inline vector_values read_vector_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("can not read " + path);
  vector_values values;
  for (std::string line; std::getline(file, line);) {
    const auto equals = line.find(" = ");
    if (line.empty() || line[0] == '#') continue;
    if (equals == std::string::npos) throw std::runtime_error("no value: " + line);
    values[line.substr(0, equals)] = line.substr(equals + 3);
  }
  return values;
}

inline void write_vector_file(const std::string& path, const std::string& comment,
                              const vector_values& values) {
  std::ofstream file(path);
  file << "# " << comment << '\n';
  for (const auto& [name, value] : values) file << name << " = " << value << '\n';
  if (!file.flush()) throw std::runtime_error("can not write " + path);
}

}  // namespace coseal::test
