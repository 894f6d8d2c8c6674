#pragma once
// Text of others in lines of ours.

#include <coseal/log.hpp>

#include <string>
#include <string_view>

namespace coseal {

inline constexpr char32_t no_character = 0xffffffff;
/// One character at the front of `text`, which is taken from it; no_character for a byte that begins none.
char32_t take_character(std::string_view& text) noexcept;
/// C0, DEL and C1 steer terminals; the others break lines, turn text around or are not seen.
bool is_unsafe(char32_t c) noexcept;

/// `text` between quotes as JSON has it (RFC 8259); bytes that are no UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);
/// `text` as a terminal may be shown it, quoted where it is empty or has blanks, quotes or escapes in it:
/// control characters, those that change the direction of text, and bytes that are no UTF-8 are escaped.
void append_shown(std::string& out, std::string_view text);

std::string human_line(const log_entry& entry);
std::string json_line_of(const log_entry& entry);

}  // namespace coseal
