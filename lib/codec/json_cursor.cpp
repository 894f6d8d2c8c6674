#include <coseal/codec/decoder.hpp>
#include <coseal/codec/text.hpp>
#include <coseal/json/cursor.hpp>

#include <cassert>
#include <charconv>
#include <cmath>
#include <simdjson.h>
#include <string>
#include <utility>
#include <vector>

namespace coseal {

namespace od = simdjson::ondemand;

/// The document stands in brackets, because simdjson treats a scalar alone otherwise than one in an array.
struct json_cursor::state {
  struct level {
    od::array_iterator element;
    od::object_iterator member;
    bool begun = false;
  };

  std::string input;
  od::parser parser;
  od::document document;
  od::value current;
  std::vector<level> levels;

  bool start(std::string_view text) {
    input.clear();
    input.reserve(text.size() + 2 + simdjson::SIMDJSON_PADDING);
    input += '[';
    input += text;
    input += ']';
    const std::size_t size = input.size();
    input.append(simdjson::SIMDJSON_PADDING, '\0');
    levels.clear();
    od::array root;
    if (parser.iterate(simdjson::padded_string_view(input.data(), size, input.size())).get(document))
      return false;
    return !document.get_array().get(root) && enter(root);
  }
  bool enter(od::array array) { return !array.begin().get(levels.emplace_back().element); }
  bool enter(od::object object) { return !object.begin().get(levels.emplace_back().member); }
};

namespace {

/// A thread keeps what it parsed a document of this size with, about seven times as much, for the next one.
constexpr std::size_t largest_kept = std::size_t{1} << 18;

template <class Kept>
std::unique_ptr<Kept>& kept_by_thread() {
  static thread_local std::unique_ptr<Kept> kept;
  return kept;
}

value_errc error_of(simdjson::error_code code) noexcept {
  switch (code) {
    case simdjson::INCORRECT_TYPE:
      return value_errc::wrong_type;
    case simdjson::DEPTH_ERROR:
      return value_errc::too_deep;
    case simdjson::UTF8_ERROR:
      return value_errc::not_utf8;
    default:
      return value_errc::not_json;
  }
}

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

void drop_digits(std::string_view& text) {
  while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
}

std::string_view token_of(od::value& value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() &&
         (token.back() == ' ' || token.back() == '\t' || token.back() == '\n' || token.back() == '\r'))
    token.remove_suffix(1);
  return token;
}

/// Why a token is not the number that was wanted.
value_errc number_failure(std::string_view token, bool wanted_integer) {
  if (token.empty()) return value_errc::not_json;
  if (std::string_view("\"{[tfn").find(token.front()) != token.npos) return value_errc::wrong_type;
  if (token.front() == '-') token.remove_prefix(1);
  if (token.empty() || !is_digit(token.front())) return value_errc::not_json;
  if (token.front() == '0')
    token.remove_prefix(1);
  else
    drop_digits(token);
  if (token.empty()) return value_errc::out_of_range;
  if (token.front() == '.') {
    token.remove_prefix(1);
    if (token.empty() || !is_digit(token.front())) return value_errc::not_json;
    drop_digits(token);
  }
  if (!token.empty() && (token.front() == 'e' || token.front() == 'E')) {
    token.remove_prefix(1);
    if (!token.empty() && (token.front() == '+' || token.front() == '-')) token.remove_prefix(1);
    if (token.empty() || !is_digit(token.front())) return value_errc::not_json;
    drop_digits(token);
  }
  if (!token.empty()) return value_errc::not_json;
  return wanted_integer ? value_errc::wrong_type : value_errc::out_of_range;
}

// A bool with simdjson 3.0, a result with later ones.
bool is_null(od::value& value) {
  simdjson::simdjson_result<bool> null = value.is_null();
  bool is = false;
  return !std::move(null).get(is) && is;
}

}  // namespace

json_cursor::json_cursor(std::string_view text, decode_failure* where)
    : failing(where), state_(std::move(kept_by_thread<state>())), memory_(decoder::allowance(text.size())) {
  if (state_ == nullptr) state_ = std::make_unique<state>();
  if (!state_->start(text)) {
    fail(detail::is_utf8(text) ? value_errc::not_json : value_errc::not_utf8);
  } else if (!next_element()) {
    fail(value_errc::not_json);
  }
}

json_cursor::~json_cursor() {
  if (state_->input.capacity() <= largest_kept) kept_by_thread<state>() = std::move(state_);
}

template <class Number>
bool json_cursor::integer(Number& out) {
  if (failed()) return false;
  const std::string_view token = token_of(state_->current);
  // simdjson knows 0 with a sign as the signed number alone.
  if (!state_->current.get<Number>().get(out)) return true;
  return fail(number_failure(token, true));
}

bool json_cursor::number(std::uint64_t& out) {
  return integer(out);
}
bool json_cursor::number(std::int64_t& out) {
  return integer(out);
}

bool json_cursor::number(double& out) {
  if (failed()) return false;
  const std::string_view token = token_of(state_->current);
  if (!state_->current.get_double().get(out) && std::isfinite(out)) return true;
  return fail(number_failure(token, false));
}

bool json_cursor::number(float& out) {
  if (failed()) return false;
  const std::string_view token = token_of(state_->current);
  double wide = 0;
  if (!number(wide)) return false;
  // Not by way of double, which would round twice; but what is too small for from_chars is zero.
  if (std::from_chars(token.data(), token.data() + token.size(), out).ec == std::errc()) return true;
  out = static_cast<float>(wide);
  return std::isfinite(out) || fail(value_errc::out_of_range);
}

bool json_cursor::boolean(bool& out) {
  if (failed()) return false;
  const auto code = state_->current.get_bool().get(out);
  return code == simdjson::SUCCESS || fail(error_of(code));
}

bool json_cursor::text(std::string_view& out) {
  if (failed()) return false;
  const auto code = state_->current.get_string().get(out);
  if (code != simdjson::SUCCESS) return fail(error_of(code));
  return detail::is_utf8(out) || fail(value_errc::not_utf8);  // an escaped surrogate without its other half
}

bool json_cursor::null() {
  return !failed() && is_null(state_->current);
}

bool json_cursor::begin_array() {
  if (failed()) return false;
  od::array array;
  const auto code = state_->current.get_array().get(array);
  if (code != simdjson::SUCCESS) return fail(error_of(code));
  return state_->enter(array) || fail(value_errc::not_json);
}

bool json_cursor::next_element() {
  if (failed()) return false;
  state::level& level = state_->levels.back();
  if (std::exchange(level.begun, true)) ++level.element;
  if (level.element == od::array_iterator()) {
    state_->levels.pop_back();
    return false;
  }
  const auto code = (*level.element).get(state_->current);
  return code == simdjson::SUCCESS || fail(error_of(code));
}

bool json_cursor::begin_object() {
  if (failed()) return false;
  od::object object;
  const auto code = state_->current.get_object().get(object);
  if (code != simdjson::SUCCESS) return fail(error_of(code));
  return state_->enter(object) || fail(value_errc::not_json);
}

bool json_cursor::next_member(std::string_view& key) {
  if (failed()) return false;
  state::level& level = state_->levels.back();
  if (std::exchange(level.begun, true)) ++level.member;
  if (level.member == od::object_iterator()) {
    state_->levels.pop_back();
    return false;
  }
  od::field field;
  const auto code = (*level.member).get(field);
  if (code != simdjson::SUCCESS) return fail(error_of(code));
  if (field.unescaped_key().get(key)) return fail(value_errc::not_json);
  state_->current = field.value();
  return detail::is_utf8(key) || fail(value_errc::not_utf8);
}

bool json_cursor::complete() {
  if (failed()) return false;
  assert(state_->levels.size() == 1);
  if (next_element()) return fail(value_errc::not_json);
  const bool at_end = state_->document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  return (!failed() && at_end) || fail(value_errc::not_json);
}

}  // namespace coseal
