#include "contract/type_text.hpp"

#include <algorithm>

namespace coseal {
namespace {

constexpr unsigned deepest_type = 64;

class type_parser {
 public:
  explicit type_parser(std::string_view text) noexcept : rest_(text) {}

  bool done() const noexcept { return rest_.empty(); }
  bool take(std::string_view wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(wanted.size());
    return true;
  }
  /// What stands before the next mark; at least one character.
  bool word(std::string_view& out) {
    const auto end = std::min(rest_.find_first_of("<>{}(),:=!/"), rest_.find("->"));
    out = rest_.substr(0, end);
    rest_.remove_prefix(out.size());
    return !out.empty();
  }
  bool type(type_text& out, unsigned depth = 0) {
    const std::string_view start = rest_;
    const bool read = depth < deepest_type && unfinished_type(out, depth + 1);
    out.whole = start.substr(0, start.size() - rest_.size());
    return read;
  }

 private:
  bool unfinished_type(type_text& out, unsigned depth) {
    if (take("enum ")) return enumeration(out);
    if (!word(out.name)) return false;
    if (take("{")) {
      out.what = type_text::form::structure;
      return members(out, depth);
    }
    if (take("<")) {
      out.what = type_text::form::generic;
      do {
        if (!argument(out.arguments.emplace_back(), depth)) return false;
      } while (take(","));
      return take(">");
    }
    if (take("(")) {
      out.what = type_text::form::mapped;
      return type(out.arguments.emplace_back(), depth) && take(")");
    }
    return true;
  }
  bool members(type_text& out, unsigned depth) {
    if (take("}")) return true;
    do {
      if (!word(out.member_names.emplace_back()) || !take(":") || !type(out.arguments.emplace_back(), depth))
        return false;
    } while (take(","));
    return take("}");
  }
  bool enumeration(type_text& out) {
    out.what = type_text::form::enumeration;
    if (!word(out.name) || !take(":") || !word(out.underlying) || !take("{")) return false;
    do {
      if (!word(out.member_names.emplace_back()) || !take("=") || !word(out.numbers.emplace_back()))
        return false;
    } while (take(","));
    return take("}");
  }
  bool argument(type_text& out, unsigned depth) {
    if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') return type(out, depth);
    out.what = type_text::form::number;
    const auto end = rest_.find_first_not_of("0123456789/");
    out.name = out.whole = rest_.substr(0, end);
    rest_.remove_prefix(out.whole.size());
    return true;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<type_text> parse_type_text(std::string_view text) {
  type_parser in(text);
  type_text out;
  if (!in.type(out) || !in.done()) return std::nullopt;
  return out;
}

std::optional<action_text> parse_action_text(std::string_view text) {
  type_parser in(text);
  action_text out;
  if (!in.word(out.domain) || !in.take("/") || !in.type(out.input) ||
      out.input.what != type_text::form::structure)
    return std::nullopt;
  if (in.take("<-") && !in.type(out.takes.emplace())) return std::nullopt;
  if (in.take("->") && !in.type(out.reply.emplace())) return std::nullopt;
  while (in.take("!"))
    if (!in.type(out.errors.emplace_back())) return std::nullopt;
  if (!in.done()) return std::nullopt;
  return out;
}

}  // namespace coseal
