#include <coseal/channel.hpp>
#include <coseal/error.hpp>

#include <algorithm>

namespace coseal {
namespace {

[[noreturn]] void refuse_channel(const std::string& why) {
  throw error(errc::invalid_channel, why);
}

std::vector<std::string> texts_of(const channel_direction& direction) {
  std::vector<std::string> texts;
  texts.reserve(direction.size());
  for (const channel_entry& each : direction.entries()) texts.push_back(each.text);
  return texts;
}

}  // namespace

domain::domain(std::string name) : name_(std::move(name)) {
  if (!detail::is_channel_name(name_))
    refuse_channel("the domain \"" + name_.substr(0, 64) +
                   "\": its name is not 1 to 64 letters, digits, '.', '_' or '-'");
}

void domain::add(std::string action, const std::string& text, std::type_index type) {
  entries_.push_back({name_, std::move(action), name_ + "/" + text, type});
}

channel_direction::channel_direction(std::string_view direction, const std::vector<domain>& domains) {
  for (const domain& each : domains)
    entries_.insert(entries_.end(), each.entries().begin(), each.entries().end());
  if (entries_.size() > 0xffff) refuse_channel(std::string(direction) + " has more than 65,535 positions");
  names_.reserve(entries_.size());
  for (const channel_entry& each : entries_) {
    const auto position = static_cast<std::uint16_t>(names_.size());
    const std::string& name = names_.emplace_back(each.name());
    // A text is one line of a file, and of a log.
    if (std::ranges::any_of(each.text,
                            [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
      refuse_channel(name + ": its description holds a control character");
    const auto [by_name, new_name] = by_name_.try_emplace(name, position);
    if (!new_name) refuse_channel(name + " stands twice in " + std::string(direction));
    const auto [by_type, new_type] = by_type_.try_emplace(each.type, position);
    if (!new_type)
      refuse_channel(names_[by_type->second] + " and " + name + " in " + std::string(direction) +
                     " are one action type: its calls would not know where to go");
  }
}

std::optional<std::uint16_t> channel_direction::position_of(std::type_index type) const {
  const auto at = by_type_.find(type);
  return at == by_type_.end() ? std::nullopt : std::optional(at->second);
}

std::optional<std::uint16_t> channel_direction::position_of(std::string_view name) const {
  const auto at = by_name_.find(name);
  return at == by_name_.end() ? std::nullopt : std::optional(at->second);
}

channel::channel(const channel_domains& domains)
    : state_(new directions{channel_direction("to_acceptor", domains.to_acceptor),
                            channel_direction("to_connector", domains.to_connector)}) {}

channel_definition channel::definition() const {
  return channel_definition(texts_of(to_acceptor()), texts_of(to_connector()));
}

channel define_channel(const channel_domains& domains) {
  return channel(domains);
}

}  // namespace coseal
