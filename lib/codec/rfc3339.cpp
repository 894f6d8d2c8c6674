#include <coseal/error.hpp>
#include <coseal/json/writing.hpp>
#include <coseal/value_error.hpp>

#include <chrono>

namespace coseal::detail {
namespace {

constexpr std::int64_t day_length = 86'400;

void append_digits(std::string& out, std::uint64_t value, unsigned n) {
  std::string text(n, '0');
  for (unsigned i = n; i-- > 0; value /= 10) text[i] = static_cast<char>('0' + value % 10);
  out += text;
}

/// Exactly n digits, taken off the front.
bool take_digits(std::string_view& text, std::size_t n, unsigned& out) {
  if (text.size() < n) return false;
  out = 0;
  for (const char c : text.substr(0, n)) {
    if (c < '0' || c > '9') return false;
    out = 10 * out + static_cast<unsigned>(c - '0');
  }
  text.remove_prefix(n);
  return true;
}

bool take(std::string_view& text, char wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

bool take_fraction(std::string_view& text, std::uint32_t& nanoseconds) {
  nanoseconds = 0;
  if (!take(text, '.')) return true;
  std::size_t n = 0;
  while (n < text.size() && n < 10 && text[n] >= '0' && text[n] <= '9') ++n;
  unsigned digits = 0;
  if (n == 0 || n > 9 || !take_digits(text, n, digits)) return false;
  for (; n < 9; ++n) digits *= 10;
  nanoseconds = digits;
  return true;
}

}  // namespace

void append_rfc3339(std::string& out, std::int64_t seconds, std::uint32_t nanoseconds, unsigned digits) {
  using namespace std::chrono;
  const std::int64_t of_day = (seconds % day_length + day_length) % day_length;
  const std::int64_t days_since = (seconds - of_day) / day_length;
  // -719528 is 0000-01-01, 2932896 is 9999-12-31.
  if (days_since < -719'528 || days_since > 2'932'896) throw error(value_errc::no_json_form);
  const year_month_day date{sys_days(days(days_since))};
  append_digits(out, static_cast<std::uint64_t>(int(date.year())), 4);
  out += '-';
  append_digits(out, unsigned(date.month()), 2);
  out += '-';
  append_digits(out, unsigned(date.day()), 2);
  out += 'T';
  append_digits(out, static_cast<std::uint64_t>(of_day / 3600), 2);
  out += ':';
  append_digits(out, static_cast<std::uint64_t>(of_day / 60 % 60), 2);
  out += ':';
  append_digits(out, static_cast<std::uint64_t>(of_day % 60), 2);
  if (digits != 0) {
    std::uint64_t fraction = nanoseconds;
    for (unsigned i = digits; i < 9; ++i) fraction /= 10;
    out += '.';
    append_digits(out, fraction, digits);
  }
  out += 'Z';
}

bool read_rfc3339(std::string_view text, std::int64_t& seconds, std::uint32_t& nanoseconds) {
  using namespace std::chrono;
  unsigned y = 0, m = 0, d = 0, hour = 0, minute = 0, second = 0;
  if (!take_digits(text, 4, y) || !take(text, '-') || !take_digits(text, 2, m) || !take(text, '-') ||
      !take_digits(text, 2, d) || !take(text, 'T') || !take_digits(text, 2, hour) || !take(text, ':') ||
      !take_digits(text, 2, minute) || !take(text, ':') || !take_digits(text, 2, second) ||
      !take_fraction(text, nanoseconds) || text != "Z")
    return false;
  const year_month_day date(year(static_cast<int>(y)), month(m), day(d));
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return false;
  const std::int64_t days_since = sys_days(date).time_since_epoch().count();
  seconds = days_since * day_length + hour * 3600 + minute * 60 + second;
  return true;
}

}  // namespace coseal::detail
