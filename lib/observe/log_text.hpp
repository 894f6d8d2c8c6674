#pragma once
// Text of others in lines of ours.

#include <coseal/log.hpp>

#include <string>
#include <string_view>

namespace coseal {

/// `text` between quotes as JSON has it (RFC 8259); bytes that are no UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);
/// `text` as a terminal may be shown it, quoted where it is empty or has blanks, quotes or escapes in it:
/// control characters, those that change the direction of text, and bytes that are no UTF-8 are escaped.
void append_shown(std::string& out, std::string_view text);

std::string human_line(const log_entry& entry);
std::string json_line_of(const log_entry& entry);

}  // namespace coseal
