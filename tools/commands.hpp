#pragma once

#include "exit_code.hpp"

#include <CLI/CLI.hpp>

#include <functional>

namespace coseal::tool {

/// Set by the subcommand that was named; run after parsing. Commands end with a code or throw failure.
using chosen_command = std::function<exit_code()>;

void add_identity_command(CLI::App& app, chosen_command& chosen);
void add_pins_command(CLI::App& app, chosen_command& chosen);
void add_sessions_command(CLI::App& app, chosen_command& chosen);
void add_listen_command(CLI::App& app, chosen_command& chosen);
void add_connect_command(CLI::App& app, chosen_command& chosen);
void add_ping_command(CLI::App& app, chosen_command& chosen);
void add_channel_command(CLI::App& app, chosen_command& chosen);
/// In a build with JSON.
void add_call_command(CLI::App& app, chosen_command& chosen);
void add_watch_command(CLI::App& app, chosen_command& chosen);

}  // namespace coseal::tool
