#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What JSON is written with; needs no library.
namespace coseal::detail {

/// With its quotes; escapes what must be. Throws coseal::error with value_errc::not_utf8.
void append_json_text(std::string& out, std::string_view text);
void append_json_number(std::string& out, std::uint64_t value);
void append_json_number(std::string& out, std::int64_t value);
/// The shortest text that reads back the same. Throws coseal::error with value_errc::no_json_form for NaN and
/// the infinities.
void append_json_number(std::string& out, double value);
void append_json_number(std::string& out, float value);

/// RFC 4648 4, with padding, without quotes.
void append_base64(std::string& out, std::span<const std::byte> bytes);
/// Takes what append_base64 writes and nothing else.
bool read_base64(std::string_view text, std::vector<std::byte>& out);

/// RFC 3339 in UTC: `2026-11-26T15:41:57.120Z`, with `digits` digits behind the point, 0 to 9, and no quotes.
/// `nanoseconds` are those within the second. Throws coseal::error with value_errc::no_json_form outside of
/// the years 0000 to 9999.
void append_rfc3339(std::string& out, std::int64_t seconds, std::uint32_t nanoseconds, unsigned digits);
/// Takes that with any number of digits from 0 (and no point) to 9. No other offset than Z, no leap second.
bool read_rfc3339(std::string_view text, std::int64_t& seconds, std::uint32_t& nanoseconds);

}  // namespace coseal::detail
