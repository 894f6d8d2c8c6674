#include "observe/log_text.hpp"

#include "bytes/utf8.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <ctime>

namespace coseal {
char32_t take_character(std::string_view& text) noexcept {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const auto whole = text.substr(0, length);
  utf8_validator check;
  if (!check.feed(std::as_bytes(std::span(whole))) || !check.complete()) {
    text.remove_prefix(1);
    return no_character;
  }
  char32_t value = length == 1 ? first : first & (0x7fU >> length);
  for (const char c : whole.substr(1)) value = value << 6 | (static_cast<unsigned char>(c) & 0x3f);
  text.remove_prefix(length);
  return value;
}

bool is_unsafe(char32_t c) noexcept {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x180e ||
         (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
         c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

namespace {

void append_hex(std::string& out, const char* form, unsigned value) {
  std::array<char, 16> text;
  std::snprintf(text.data(), text.size(), form, value);
  out += text.data();
}

/// Above U+FFFF two escapes make one character.
void append_json_escape(std::string& out, char32_t c) {
  if (c <= 0xffff) return append_hex(out, "\\u%04x", static_cast<unsigned>(c));
  append_hex(out, "\\u%04x", static_cast<unsigned>(0xd800 + ((c - 0x10000) >> 10)));
  append_hex(out, "\\u%04x", static_cast<unsigned>(0xdc00 + ((c - 0x10000) & 0x3ff)));
}

std::string time_text(std::chrono::system_clock::time_point when) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(when);
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(when));
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text;
  const std::size_t n = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  const auto left = ms.time_since_epoch() % std::chrono::seconds(1);
  std::snprintf(text.data() + n, text.size() - n, ".%03dZ", static_cast<int>((left.count() + 1000) % 1000));
  return text.data();
}

std::string number_text(double value) {
  std::array<char, 32> text;
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

/// The entry's own members: a field of such a name must not take their place.
bool is_reserved(std::string_view name) noexcept {
  return name == "time" || name == "level" || name == "component" || name == "message";
}

struct shown_value {
  std::string& out;
  void operator()(const std::string& text) const { append_shown(out, text); }
  void operator()(std::int64_t value) const { out += std::to_string(value); }
  void operator()(double value) const { out += number_text(value); }
  void operator()(bool value) const { out += value ? "true" : "false"; }
};

struct json_value {
  std::string& out;
  void operator()(const std::string& text) const { append_json_string(out, text); }
  void operator()(std::int64_t value) const { out += std::to_string(value); }
  void operator()(double value) const { out += std::isfinite(value) ? number_text(value) : "null"; }
  void operator()(bool value) const { out += value ? "true" : "false"; }
};

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const char* const at = text.data();
    const char32_t c = take_character(text);
    if (c == no_character)
      out += "\\ufffd";
    else if (c == '"' || c == '\\')
      (out += '\\') += static_cast<char>(c);
    else if (is_unsafe(c))
      append_json_escape(out, c);
    else
      out.append(at, static_cast<std::size_t>(text.data() - at));
  }
  out += '"';
}

void append_shown(std::string& out, std::string_view text) {
  std::string safe;
  bool quotes = text.empty();
  while (!text.empty()) {
    const char* const at = text.data();
    const char32_t c = take_character(text);
    quotes = quotes || c == no_character || c == ' ' || c == '"' || c == '\\' || c == '=' || is_unsafe(c);
    if (c == no_character)
      append_hex(safe, "\\x%02x", static_cast<unsigned char>(*at));
    else if (c == '"' || c == '\\')
      (safe += '\\') += static_cast<char>(c);
    else if (c == '\n')
      safe += "\\n";
    else if (is_unsafe(c))
      append_hex(safe, c <= 0xffff ? "\\u%04x" : "\\U%08x", static_cast<unsigned>(c));
    else
      safe.append(at, static_cast<std::size_t>(text.data() - at));
  }
  out += quotes ? '"' + safe + '"' : safe;
}

std::string human_line(const log_entry& entry) {
  std::string line = time_text(entry.time);
  ((line += ' ') += to_string(entry.level)) += ' ';
  append_shown(line, entry.component);
  std::string message;
  append_shown(message, entry.message);
  // Ours are sentences without anything to escape: they need no quotes.
  const bool plain = message.size() == entry.message.size() + 2 && message.find('\\') == std::string::npos;
  (line += ": ") += plain ? std::string(entry.message) : message;
  for (const auto& [name, value] : entry.fields) {
    line += ' ';
    append_shown(line, name);
    line += '=';
    std::visit(shown_value{line}, value);
  }
  return line += '\n';
}

std::string json_line_of(const log_entry& entry) {
  std::string line = "{\"time\":\"" + time_text(entry.time) + "\",\"level\":\"";
  (line += to_string(entry.level)) += "\",\"component\":";
  append_json_string(line, entry.component);
  line += ",\"message\":";
  append_json_string(line, entry.message);
  for (const auto& [name, value] : entry.fields) {
    line += ',';
    append_json_string(line, is_reserved(name) ? "field_" + std::string(name) : std::string(name));
    line += ':';
    std::visit(json_value{line}, value);
  }
  return line += "}\n";
}

}  // namespace coseal
