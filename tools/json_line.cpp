#include "json_line.hpp"

#include <cmath>
#include <cstdio>

namespace coseal::tool {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 ||
               byte >= 0x7f) {  // addresses and names are ASCII; anything else must not break the line
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(byte));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace

json_line& json_line::add(std::string_view name, std::string_view value) {
  return raw(name, quoted(value));
}

json_line& json_line::add(std::string_view name, double value) {
  if (!std::isfinite(value)) return raw(name, "null");
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return raw(name, text);
}

json_line& json_line::raw(std::string_view name, const std::string& value) {
  if (!members_.empty()) members_ += ",";
  members_ += quoted(name) + ":" + value;
  return *this;
}

}  // namespace coseal::tool
