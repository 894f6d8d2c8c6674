#include "described_channel.hpp"

#include "failure.hpp"

#include <coseal/channel_description.hpp>
#include <coseal/codec.hpp>
#include <coseal/error.hpp>

#include <fstream>
#include <iterator>

namespace coseal::tool {
namespace {

std::vector<std::optional<action_text>> read_actions(const std::vector<std::string>& texts) {
  std::vector<std::optional<action_text>> read;
  for (const std::string& text : texts) read.push_back(parse_action_text(text));
  return read;
}

std::string_view name_of(std::string_view text) {
  return text.substr(0, text.find('{'));
}

}  // namespace

described_channel::described_channel(std::string_view text, const std::string& whose) {
  auto parsed = parse_channel_description(text);
  if (!parsed) throw failure(exit_code::protocol, whose + " is no description of a channel");
  texts_ = *std::move(parsed);
  calls_ = read_actions(texts_.to_acceptor);
  pushes_ = read_actions(texts_.to_connector);
}

described_channel described_channel::from_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open() || file.bad()) throw failure(exit_code::storage, path + ": can not be read");
  return described_channel(text, path);
}

described_channel described_channel::from_answer(const call_end& end) {
  if (end.error() == call_errc::no_handler)
    throw failure(exit_code::refused,
                  "the peer does not say what its channel is; give its description with --channel FILE");
  if (end.error() == call_errc::level_too_low)
    throw failure(exit_code::refused,
                  "the peer does not say at this --level what its channel is; ask at a stronger one, or give "
                  "its description with --channel FILE");
  if (end.outcome() != call_outcome::replied)
    throw failure(end.error(), "asking what the peer's channel is: " + end.error().message() +
                                   (end.text().empty() ? "" : ": " + harmless(end.text())));
  const auto text = decode<std::string>(end.body());
  return described_channel(text ? *text : std::string(), "what the peer answered");
}

std::uint64_t described_channel::position_of(std::string_view call) const {
  std::string known;
  for (std::size_t i = 0; i < texts_.to_acceptor.size(); ++i) {
    const std::string_view name = name_of(texts_.to_acceptor[i]);
    if (name == call) return i;
    known += "\n  " + std::string(name);
  }
  throw failure(exit_code::usage, "the channel has no " + std::string(call) +
                                      (known.empty() ? ", nor any other call" : "; it has" + known));
}

const action_text& described_channel::call(std::uint64_t position) const {
  const auto& action = calls_[static_cast<std::size_t>(position)];
  if (!action)
    throw failure(exit_code::protocol, "a type of this action has a text that coseal can not read: " +
                                           texts_.to_acceptor[static_cast<std::size_t>(position)]);
  return *action;
}

const action_text* described_channel::push(std::uint64_t position) const {
  if (position >= pushes_.size() || !pushes_[static_cast<std::size_t>(position)]) return nullptr;
  return &*pushes_[static_cast<std::size_t>(position)];
}

std::string described_channel::push_name(std::uint64_t position) const {
  if (position >= texts_.to_connector.size()) return std::to_string(position);
  return std::string(name_of(texts_.to_connector[static_cast<std::size_t>(position)]));
}

std::string harmless(std::string_view text) {
  std::string shown(text);
  for (char& c : shown)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return shown;
}

}  // namespace coseal::tool
