#include "commands.hpp"
#include "failure.hpp"
#include "reporter.hpp"

#include <coseal/channel_description.hpp>
#include <coseal/error.hpp>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>

namespace coseal::tool {
namespace {

struct channel_options {
  std::string before, after;
  bool json = false;
};

channel_definition read_description(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open() || file.bad()) throw failure(exit_code::storage, path + ": can not be read");
  result<channel_definition> parsed = parse_channel_description(text);
  if (!parsed)
    throw failure(exit_code::usage,
                  path + ": not a channel's description, as coseal::describe_channel writes it");
  return *std::move(parsed);
}

const char* kind_name(channel_difference::kind what) {
  switch (what) {
    case channel_difference::kind::appended:
      return "appended";
    case channel_difference::kind::changed:
      return "changed";
    case channel_difference::kind::inserted:
      return "inserted";
    case channel_difference::kind::moved:
      return "moved";
    case channel_difference::kind::removed:
      return "removed";
  }
  return "";
}

exit_code difference(const channel_options& options) {
  const channel_definition before = read_description(options.before), after = read_description(options.after);
  const auto found = first_difference(before, after);
  const bool compatible = !found || found->old_peers_work();
  json_line line("difference");
  line.add("compatible", compatible).add("kind", found ? kind_name(found->what) : "none");
  if (found)
    line.add("direction", found->to_acceptor ? "to_acceptor" : "to_connector")
        .add("position", found->position + 1)
        .add("text", found->text);
  reporter(options.json, stdout)
      .say(line, !found       ? "the two channels are the same"
                 : compatible ? "compatible: " + found->text
                              : "old peers can not go on: " + found->text);
  return compatible ? exit_code::ok : exit_code::protocol;
}

}  // namespace

void add_channel_command(CLI::App& app, chosen_command& chosen) {
  CLI::App* command = app.add_subcommand("channel-diff",
                                         "What a change of a channel breaks: ends with 0 where old "
                                         "peers go on working, else with 4");
  auto options = std::make_shared<channel_options>();
  command->add_option("old", options->before, "Description of the channel as it was")
      ->required()
      ->type_name("OLD");
  command->add_option("new", options->after, "Description of the channel as it is")
      ->required()
      ->type_name("NEW");
  command->add_flag("--json", options->json, "One JSON object a line");
  command->callback([&chosen, options] { chosen = [options] { return difference(*options); }; });
}

}  // namespace coseal::tool
