#include "contract/value_type.hpp"

#include <charconv>

namespace coseal {
namespace {

template <class Number>
std::optional<Number> whole_number(std::string_view text) noexcept {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stopped, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc() || stopped != end) return std::nullopt;
  return value;
}

}  // namespace

bool integer_type::holds(std::uint64_t value) const noexcept {
  return value <= ~std::uint64_t{0} >> (64 - bits + (with_sign ? 1 : 0));
}

bool integer_type::holds(std::int64_t value) const noexcept {
  if (value >= 0) return holds(static_cast<std::uint64_t>(value));
  return with_sign && value >= -1 - static_cast<std::int64_t>(~std::uint64_t{0} >> (64 - bits + 1));
}

std::optional<integer_type> integer_named(std::string_view name) noexcept {
  for (const unsigned bits : {8U, 16U, 32U, 64U})
    if (name.size() > 1 && (name[0] == 'u' || name[0] == 'i') && number_in(name.substr(1)) == bits)
      return integer_type{name[0] == 'i', bits};
  return std::nullopt;
}

std::optional<std::uint64_t> number_in(std::string_view text) noexcept {
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  return whole_number<std::uint64_t>(text);
}

std::optional<std::int64_t> signed_number_in(std::string_view text) noexcept {
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  if ((digits.size() > 1 && digits[0] == '0') || text == "-0") return std::nullopt;
  return whole_number<std::int64_t>(text);
}

unsigned time_type::digits() const noexcept {
  return in_second == 1 ? 0 : in_second == 1'000 ? 3 : in_second == 1'000'000 ? 6 : 9;
}

std::optional<time_type> time_of(const type_text& type) noexcept {
  if (type.what != type_text::form::generic || type.name != "time" || type.arguments.size() != 2)
    return std::nullopt;
  const auto count = integer_named(type.arguments[0].name);
  const std::string_view period = type.arguments[1].name;
  const auto slash = period.find('/');
  if (!count || slash == period.npos) return std::nullopt;
  const auto over = signed_number_in(period.substr(0, slash)),
             under = signed_number_in(period.substr(slash + 1));
  if (!over || !under || *over < 1 || (*over != 1 && *under != 1)) return std::nullopt;
  if (*under != 1 && *under != 1'000 && *under != 1'000'000 && *under != 1'000'000'000) return std::nullopt;
  return time_type{*count, *over, *under};
}

const type_text& open_types::resolve(const type_text& type) const noexcept {
  if (type.what == type_text::form::plain)
    for (auto outer = open_.rbegin(); outer != open_.rend(); ++outer)
      if ((*outer)->what == type_text::form::structure && (*outer)->name == type.name) return **outer;
  return type;
}

}  // namespace coseal
