#include "http/head_guard.hpp"

#include "http/error.hpp"
#include "http/fields.hpp"

#include <algorithm>
#include <charconv>

namespace coseal::http {
namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// The characters of a host and port (RFC 3986) but the comma, which could make two Hosts pass for one. An
/// empty Host is for targets without an authority, which nobody asks here.
bool is_host_value(std::string_view value) noexcept {
  const auto in_host = [](char c) {
    return is_token_character(c) ? c != '#' && c != '^' && c != '`' && c != '|'
                                 : std::string_view("[]:();=").find(c) != std::string_view::npos;
  };
  return !value.empty() && value.size() <= 300 && std::ranges::all_of(value, in_host);
}

/// "HTTP/1.x".
result<unsigned> minor_version(std::string_view text) {
  if (text.size() != 8 || !text.starts_with("HTTP/") || !is_digit(text[5]) || text[6] != '.' ||
      !is_digit(text[7]))
    return errc::bad_start_line;
  if (text[5] != '1' || text[7] > '1') return errc::version_unsupported;
  return static_cast<unsigned>(text[7] - '0');
}

/// One pass over a head, line by line. A line is looked at byte by byte while it arrives and as a whole once
/// it has ended.
class head_scan {
 public:
  enum class kind { request, response };
  head_scan(kind what, const head_limits& limits) : kind_(what), limits_(limits) {}

  result<std::optional<guarded_head>> operator()(std::string_view bytes) {
    const bool full = bytes.size() >= limits_.bytes;
    const std::string_view head = bytes.substr(0, limits_.bytes);
    // An old client may end its last body with a CRLF too many.
    const std::size_t start = kind_ == kind::request && head.starts_with("\r\n") ? 2 : 0;
    std::size_t line_start = start;
    for (std::size_t i = start; i < head.size(); ++i) {
      if (head[i] == '\r' && i + 1 == head.size()) break;
      if (head[i] == '\r' || head[i] == '\n') {
        if (head[i] == '\n' || head[i + 1] != '\n') return errc::bad_line_ending;
        const std::string_view line = head.substr(line_start, i - line_start);
        i += 1;
        line_start = i + 1;
        if (line.empty() && in_fields_) return end_of_head(start, line_start);
        if (const auto fine = in_fields_ ? take_field(line) : take_start_line(line); !fine)
          return fine.error();
        in_fields_ = true;
      } else if (const auto fine = take_byte(head[i]); !fine) {
        return fine.error();
      }
    }
    if (full) return errc::head_too_large;
    return std::optional<guarded_head>();
  }

 private:
  result<void> take_byte(char c) {
    if (in_fields_ || (kind_ == kind::response && blanks_ != 0)) {
      if (!is_value_character(c)) return errc::bad_character;
      return {};
    }
    if (c < 0x20 || c > 0x7e) return errc::bad_character;
    if (c == ' ')
      ++blanks_;
    else if (kind_ == kind::request && blanks_ == 1 && ++target_bytes_ > limits_.target)
      return errc::target_too_long;
    return {};
  }

  result<void> take_start_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    if (first == std::string_view::npos) return errc::bad_start_line;
    const std::size_t second = line.find(' ', first + 1);
    if (second == std::string_view::npos) return errc::bad_start_line;
    const std::string_view middle = line.substr(first + 1, second - first - 1);
    const bool request = kind_ == kind::request;
    if (request ? middle.empty() || !is_token(line.substr(0, first))
                : middle.size() != 3 || !std::ranges::all_of(middle, is_digit) || middle[0] == '0')
      return errc::bad_start_line;
    const auto minor = minor_version(request ? line.substr(second + 1) : line.substr(0, first));
    if (!minor) return minor.error();
    minor_ = *minor;
    return {};
  }

  result<void> take_field(std::string_view line) {
    if (++fields_ > limits_.fields) return errc::head_too_large;
    if (const auto fine = guard_field_line(line); !fine) return fine;
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon), value = trimmed(line.substr(colon + 1));
    if (equal_without_case(name, "Host")) return take_host(value);
    if (equal_without_case(name, "Content-Length")) return take_length(value);
    if (equal_without_case(name, "Transfer-Encoding")) return take_coding(value);
    return {};
  }

  result<void> take_host(std::string_view value) {
    if (kind_ == kind::response) return {};
    if (has_host_ || !is_host_value(value)) return errc::bad_host;
    has_host_ = true;
    return {};
  }

  result<void> take_length(std::string_view value) {
    if (framing_) return errc::bad_framing;
    if (value.empty() || !std::ranges::all_of(value, is_digit)) return errc::bad_framing;
    std::uint64_t length = 0;
    if (std::from_chars(value.data(), value.data() + value.size(), length).ec != std::errc())
      return errc::bad_framing;
    framing_ = body_framing::of_length(length);
    return {};
  }

  result<void> take_coding(std::string_view value) {
    if (framing_ || minor_ == 0) return errc::bad_framing;
    if (!equal_without_case(value, "chunked")) return errc::coding_unsupported;
    framing_ = body_framing::chunked();
    return {};
  }

  result<std::optional<guarded_head>> end_of_head(std::size_t start, std::size_t size) const {
    if (kind_ == kind::request && minor_ == 1 && !has_host_) return errc::bad_host;
    return std::optional(guarded_head{start, size, framing_});
  }

  kind kind_;
  const head_limits& limits_;
  bool in_fields_ = false;
  unsigned blanks_ = 0;  // in the start line
  std::size_t target_bytes_ = 0;
  std::size_t fields_ = 0;
  unsigned minor_ = 1;
  bool has_host_ = false;
  std::optional<body_framing> framing_;
};

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

result<std::optional<guarded_head>> guard_request_head(std::span<const std::byte> bytes,
                                                       const head_limits& limits) {
  return head_scan(head_scan::kind::request, limits)(text_of(bytes));
}

result<std::optional<guarded_head>> guard_response_head(std::span<const std::byte> bytes,
                                                        const head_limits& limits) {
  return head_scan(head_scan::kind::response, limits)(text_of(bytes));
}

result<void> guard_field_line(std::string_view line) {
  if (line.starts_with(' ') || line.starts_with('\t')) return errc::folded_field;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return errc::bad_field;
  if (!std::ranges::all_of(line.substr(colon + 1), is_value_character)) return errc::bad_character;
  return {};
}

}  // namespace coseal::http
