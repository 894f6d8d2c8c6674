#include <coseal/channel_description.hpp>
#include <coseal/error.hpp>

#include <algorithm>
#include <vector>

namespace coseal {
namespace {

constexpr std::string_view first_line = "coseal channel 1";
constexpr std::string_view acceptor_line = "to_acceptor ", connector_line = "to_connector ";

void append_lines(std::string& out, std::string_view direction, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    out += direction;
    out += text;
    out += '\n';
  }
}

/// The text up to the fields: `domain/action`.
std::string_view name_in(std::string_view text) {
  return text.substr(0, text.find('{'));
}

bool is_position_text(std::string_view text) {
  const std::string_view name = name_in(text);
  const auto slash = name.find('/');
  return name.size() < text.size() && slash != name.npos && detail::is_channel_name(name.substr(0, slash)) &&
         detail::is_channel_name(name.substr(slash + 1)) &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool holds(const std::vector<std::string>& texts, std::string_view name) {
  return std::ranges::any_of(texts, [name](std::string_view text) { return name_in(text) == name; });
}

using kind = channel_difference::kind;

std::optional<channel_difference> difference_in(bool to_acceptor, const std::vector<std::string>& before,
                                                const std::vector<std::string>& after) {
  const auto at = static_cast<std::size_t>(std::ranges::mismatch(before, after).in1 - before.begin());
  const std::string where =
      "position " + std::to_string(at + 1) + " of " + (to_acceptor ? "to_acceptor" : "to_connector");
  const auto differs = [&](kind what, const std::string& text) {
    return channel_difference{what, to_acceptor, at, where + ": " + text};
  };
  if (at == before.size() && at == after.size()) return std::nullopt;
  if (at == before.size()) {
    const std::size_t more = after.size() - at;
    return differs(kind::appended, std::string(name_in(after[at])) + " was appended" +
                                       (more > 1 ? ", and " + std::to_string(more - 1) + " more" : ""));
  }
  const std::string old_name(name_in(before[at]));
  if (at == after.size())
    return differs(kind::removed, old_name + " was removed: peers that still call it get an error");
  const std::string new_name(name_in(after[at]));
  if (old_name == new_name)
    return differs(kind::changed, old_name + " changed: it was " + before[at] + " and is " + after[at]);
  if (!holds(after, old_name))
    return differs(kind::removed, old_name + " was removed, and " + new_name + " stands in its place");
  if (!holds(before, new_name))
    return differs(kind::inserted,
                   new_name + " was inserted before " + old_name + "; append it behind all others");
  return differs(kind::moved, new_name + " stands where " + old_name + " stood");
}

}  // namespace

std::string describe_channel(const channel_definition& definition) {
  std::string out(first_line);
  out += '\n';
  append_lines(out, acceptor_line, definition.to_acceptor);
  append_lines(out, connector_line, definition.to_connector);
  return out;
}

std::string describe_channel(const channel& described) {
  return describe_channel(described.definition());
}

result<channel_definition> parse_channel_description(std::string_view text) {
  channel_definition out;
  bool first = true;
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (end == text.npos) return errc::invalid_channel;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (first) {
      first = false;
      if (line != first_line) return errc::invalid_channel;
      continue;
    }
    const bool to_acceptor = line.starts_with(acceptor_line);
    if (!to_acceptor && !line.starts_with(connector_line)) return errc::invalid_channel;
    const std::string_view position = line.substr((to_acceptor ? acceptor_line : connector_line).size());
    auto& direction = to_acceptor ? out.to_acceptor : out.to_connector;
    if (!is_position_text(position) || direction.size() == 0xffff) return errc::invalid_channel;
    direction.emplace_back(position);
  }
  if (first) return errc::invalid_channel;
  return out;
}

std::optional<channel_difference> first_difference(const channel_definition& before,
                                                   const channel_definition& after) {
  auto acceptor = difference_in(true, before.to_acceptor, after.to_acceptor);
  auto connector = difference_in(false, before.to_connector, after.to_connector);
  if (!acceptor || (acceptor->old_peers_work() && connector && !connector->old_peers_work()))
    return connector;
  return acceptor;
}

std::optional<channel_difference> first_difference(const channel& before, const channel& after) {
  return first_difference(before.definition(), after.definition());
}

}  // namespace coseal
